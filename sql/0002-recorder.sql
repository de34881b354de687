-- SPDX-License-Identifier: MIT
-- The integration with the Session-Recorder.

-- The index: what the bucket holds, a row a recorder session. listed_at is
-- start_time, or 1970 where that is not known, so that one key serves the
-- order of the lists. The size of a file is NULL while it is not there.
CREATE TABLE IF NOT EXISTS recordings (
  recorder_id BINARY(16) NOT NULL,
  id BINARY(16) NOT NULL,
  name VARCHAR(200) CHARACTER SET utf8mb4 NOT NULL DEFAULT '',
  start_time DATETIME(6) NULL,
  end_time DATETIME(6) NULL,
  duration_ns BIGINT NULL,
  is_closed TINYINT NOT NULL DEFAULT 0,
  is_kept TINYINT NOT NULL DEFAULT 0,
  metadata_etag VARCHAR(100) CHARACTER SET ascii NULL,
  ogg_size BIGINT NULL,
  ogg_etag VARCHAR(100) CHARACTER SET ascii NULL,
  flac_size BIGINT NULL,
  flac_etag VARCHAR(100) CHARACTER SET ascii NULL,
  waveform_size BIGINT NULL,
  waveform_etag VARCHAR(100) CHARACTER SET ascii NULL,
  overview_size BIGINT NULL,
  overview_etag VARCHAR(100) CHARACTER SET ascii NULL,
  chunks INT NOT NULL DEFAULT 0,
  newest_chunk_at DATETIME(6) NULL,
  listed_at DATETIME(6) NOT NULL,
  first_seen_at DATETIME(6) NOT NULL,
  gone_at DATETIME(6) NULL,
  link_changes BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (recorder_id, id),
  KEY by_time (listed_at, recorder_id, id),
  KEY by_recorder (recorder_id, listed_at, id)
) ENGINE=InnoDB;

-- The recordings of a set; part 1 is the one the documented columns name.
-- matched_by is start, across or later for what was found, or manual.
CREATE TABLE IF NOT EXISTS session_recordings (
  session_id BINARY(16) NOT NULL,
  part SMALLINT NOT NULL,
  recorder_id BINARY(16) NOT NULL,
  recording_id BINARY(16) NOT NULL,
  offset_us BIGINT NOT NULL DEFAULT 0,
  matched_by VARCHAR(10) CHARACTER SET ascii NOT NULL,
  linked_at DATETIME(6) NOT NULL,
  PRIMARY KEY (session_id, part),
  KEY by_recording (recorder_id, recording_id)
) ENGINE=InnoDB;

-- The state of the index: one row.
CREATE TABLE IF NOT EXISTS sync_state (
  id TINYINT NOT NULL,
  asked_at DATETIME(6) NULL,
  started_at DATETIME(6) NULL,
  finished_at DATETIME(6) NULL,
  failed_at DATETIME(6) NULL,
  failure VARCHAR(240) CHARACTER SET utf8mb4 NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB;

INSERT IGNORE INTO sync_state (id) VALUES (1);

-- unless column sessions.recorder_session_id
ALTER TABLE sessions ADD COLUMN recorder_session_id TEXT;

-- unless column sessions.recorder_id
ALTER TABLE sessions ADD COLUMN recorder_id TEXT;

-- unless column sessions.recorder_ogg_url
ALTER TABLE sessions ADD COLUMN recorder_ogg_url TEXT;

-- unless column sessions.recorder_flac_url
ALTER TABLE sessions ADD COLUMN recorder_flac_url TEXT;

-- unless column sessions.recorder_waveform_url
ALTER TABLE sessions ADD COLUMN recorder_waveform_url TEXT;

-- The tolerance with which a person had the set linked automatically, in
-- microseconds: it is not looked at again with a smaller one.
-- unless column sessions.link_tolerance
ALTER TABLE sessions ADD COLUMN link_tolerance BIGINT NOT NULL DEFAULT 0;

-- Whether a person unlinked the set: it is then left alone until somebody
-- links it, or asks for it to be linked.
-- unless column sessions.link_barred
ALTER TABLE sessions ADD COLUMN link_barred TINYINT NOT NULL DEFAULT 0;
