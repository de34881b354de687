-- SPDX-License-Identifier: MIT
-- MinIO's events.

-- As of when a row is known: the start of the listing that it was read from, or
-- the time of an event. What a refresh listed before that is not written.
-- unless column recordings.known_at
ALTER TABLE recordings ADD COLUMN known_at DATETIME(6) NOT NULL
  DEFAULT '1970-01-01 00:00:00';

-- The newest event of each file, in nanoseconds since 1970: an older one that
-- comes later is passed over.
-- unless column recordings.ogg_event
ALTER TABLE recordings ADD COLUMN ogg_event BIGINT NULL;

-- unless column recordings.flac_event
ALTER TABLE recordings ADD COLUMN flac_event BIGINT NULL;

-- unless column recordings.waveform_event
ALTER TABLE recordings ADD COLUMN waveform_event BIGINT NULL;

-- unless column recordings.overview_event
ALTER TABLE recordings ADD COLUMN overview_event BIGINT NULL;

-- Recordings that are to be looked at: 0, for which sets they are; 1, what their
-- metadata says; 2, which files they have. `changes` tells an event that came
-- meanwhile.
CREATE TABLE IF NOT EXISTS events_pending (
  recorder_id BINARY(16) NOT NULL,
  recording_id BINARY(16) NOT NULL,
  look TINYINT NOT NULL,
  changes BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (recorder_id, recording_id)
) ENGINE=InnoDB;

INSERT IGNORE INTO leases (name, until_at)
VALUES ('events', UTC_TIMESTAMP(6));

-- When an event arrived last, to the minute.
-- unless column sync_state.event_at
ALTER TABLE sync_state ADD COLUMN event_at DATETIME(6) NULL;
