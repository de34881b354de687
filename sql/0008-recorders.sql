-- SPDX-License-Identifier: MIT
-- The recorders, and what can be heard of their recordings.

-- Whoever changes recordings counts up `changes` of their recorder; recordings,
-- bytes and the two times are as of the change `counted`. clock_correction_us
-- is what its clock is slow by.
CREATE TABLE IF NOT EXISTS recorders (
  id BINARY(16) NOT NULL,
  name VARCHAR(200) CHARACTER SET utf8mb4 NOT NULL DEFAULT '',
  metadata_etag VARCHAR(100) CHARACTER SET ascii NULL,
  room VARCHAR(100) CHARACTER SET utf8mb4
    COLLATE utf8mb4_unicode_520_ci NULL,
  clock_correction_us BIGINT NOT NULL DEFAULT 0,
  configured_at DATETIME(6) NULL,
  first_seen_at DATETIME(6) NOT NULL,
  last_seen_at DATETIME(6) NOT NULL,
  changes BIGINT NOT NULL DEFAULT 0,
  counted BIGINT NOT NULL DEFAULT 0,
  recordings BIGINT NOT NULL DEFAULT 0,
  bytes BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (id),
  KEY by_first_seen (first_seen_at, id),
  KEY by_room (room),
  KEY by_configuration (configured_at)
) ENGINE=InnoDB;

INSERT IGNORE INTO recorders (id, first_seen_at, last_seen_at, changes)
SELECT recorder_id, MIN(first_seen_at), MIN(first_seen_at), 1
FROM recordings GROUP BY recorder_id;

-- How long a recording is without its trailing silence, as the waveform with
-- this ETag shows; NULL when that cannot be told.
-- unless column recordings.audio_us
ALTER TABLE recordings ADD COLUMN audio_us BIGINT NULL;

-- unless column recordings.audio_etag
ALTER TABLE recordings ADD COLUMN audio_etag VARCHAR(100)
  CHARACTER SET ascii NULL;

-- 1 while the waveform is to be read, else NULL.
-- unless column recordings.audio_due
ALTER TABLE recordings ADD COLUMN audio_due TINYINT NULL,
  ADD KEY by_audio (audio_due, listed_at);

UPDATE recordings SET audio_due = 1
WHERE waveform_size > 0 AND audio_etag IS NULL AND gone_at IS NULL;
