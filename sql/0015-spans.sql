-- SPDX-License-Identifier: MIT
-- Where on the clock the audio of a recording lies, and in which of its files.

-- When each object was stored, by the clock of the object store. data.raw is the
-- file that all others are made from.
-- unless column recordings.metadata_at
ALTER TABLE recordings ADD COLUMN metadata_at DATETIME(6) NULL,
  ADD COLUMN raw_size BIGINT NULL,
  ADD COLUMN raw_etag VARCHAR(100) CHARACTER SET ascii NULL,
  ADD COLUMN raw_event BIGINT NULL,
  ADD COLUMN raw_at DATETIME(6) NULL,
  ADD COLUMN ogg_at DATETIME(6) NULL,
  ADD COLUMN flac_at DATETIME(6) NULL,
  ADD COLUMN waveform_at DATETIME(6) NULL,
  ADD COLUMN overview_at DATETIME(6) NULL;

-- How long the waveform with audio_etag is, the silence at its end included.
-- unless column recordings.file_us
ALTER TABLE recordings ADD COLUMN file_us BIGINT NULL;

-- A recorder whose server is started again goes on under the same id, and its
-- files are replaced by such that hold only what came later. reopened_at is when
-- that began, reopened_before when it had begun for the files that are there
-- while it is open again. skipped_chunks were removed before the file was made
-- (a recording that is deleted while it goes on); NULL while that is not known.
-- is_misplaced: the files were replaced, and nobody saw since when it went on.
-- unless column recordings.reopened_at
ALTER TABLE recordings ADD COLUMN reopened_at DATETIME(6) NULL,
  ADD COLUMN reopened_before DATETIME(6) NULL,
  ADD COLUMN skipped_chunks INT NULL,
  ADD COLUMN is_misplaced TINYINT NOT NULL DEFAULT 0;

-- Which metadata an event told of, and when that was stored: who fetches it is
-- told the second only.
-- unless column events_pending.etag
ALTER TABLE events_pending ADD COLUMN etag VARCHAR(100)
  CHARACTER SET ascii NULL,
  ADD COLUMN stored_at DATETIME(6) NULL;

-- 1 for what may reach further than a day beyond listed_at: few, so that a
-- search for what overlaps a time need not read all that began before it.
-- unless column recordings.lasting
ALTER TABLE recordings ADD COLUMN lasting TINYINT
  GENERATED ALWAYS AS (IF(GREATEST(COALESCE(end_time, listed_at),
    COALESCE(newest_chunk_at, listed_at), COALESCE(reopened_at, listed_at),
    IF(start_time IS NULL, COALESCE(raw_at, listed_at), listed_at))
    > listed_at + INTERVAL 1 DAY, 1, NULL)) VIRTUAL INVISIBLE,
  ADD KEY by_lasting (lasting, listed_at);

-- The part that the documented columns name, and where in its file the set
-- begins, if a person has said so.
-- unless column session_recordings.is_primary
ALTER TABLE session_recordings
  ADD COLUMN is_primary TINYINT NOT NULL DEFAULT (part = 1),
  ADD COLUMN fixed_us BIGINT NULL;

UPDATE session_recordings SET is_primary = 1 WHERE part = 1;

-- Why a set has no recording, where more is known than that there is none; and
-- how much of it its recordings hold.
-- unless column sessions.link_state
ALTER TABLE sessions ADD COLUMN link_state VARCHAR(16) CHARACTER SET ascii NULL,
  ADD COLUMN recorded_us BIGINT NULL;

-- Since when it has been in the log that a running set is not being recorded.
-- unless column sessions.alarmed_at
ALTER TABLE sessions ADD COLUMN alarmed_at DATETIME(6) NULL;
