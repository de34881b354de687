-- SPDX-License-Identifier: MIT
-- The night as a whole: its event, and whose turn is when.

-- One event at a time is planned or runs: its mark is 1, that of one that has
-- ended NULL. No draw is due before replanned_at, when somebody last changed
-- what is planned.
CREATE TABLE IF NOT EXISTS events (
  id BINARY(16) NOT NULL,
  pool_id BINARY(16) NOT NULL,
  open_mark TINYINT NULL,
  started_at DATETIME(6) NOT NULL,
  ended_at DATETIME(6) NULL,
  slot_minutes INT NOT NULL,
  cutoff_hours INT NOT NULL,
  replanned_at DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY one_open (open_mark),
  KEY by_start (started_at, id),
  KEY by_end (ended_at)
) ENGINE=InnoDB;

-- When the turn of an entry is to begin. NULL for one without an event, and
-- for one that plays without having been planned.
-- unless column queue_entries.slot_at
ALTER TABLE queue_entries ADD COLUMN slot_at DATETIME(6) NULL,
  ADD KEY by_state (pool_id, status, position);

-- When an entry for which nobody started a session had its turn. A session
-- tells it better: these two are NULL then.
-- unless column queue_entries.began_at
ALTER TABLE queue_entries ADD COLUMN began_at DATETIME(6) NULL;

-- unless column queue_entries.ended_at
ALTER TABLE queue_entries ADD COLUMN ended_at DATETIME(6) NULL;

-- unless column sessions.event_id
ALTER TABLE sessions ADD COLUMN event_id BINARY(16) NULL,
  ADD KEY by_event (event_id, started_at);

-- How long it is meant to be, if not as long as a slot.
-- unless column sessions.planned_minutes
ALTER TABLE sessions ADD COLUMN planned_minutes INT NULL;

-- Who plays in a session, its own DJ at place 1. active_dj_id is dj_id while
-- the session runs, then NULL: one active session a DJ, whatever the place.
CREATE TABLE IF NOT EXISTS session_djs (
  session_id BINARY(16) NOT NULL,
  dj_id BINARY(16) NOT NULL,
  active_dj_id BINARY(16) NULL,
  place SMALLINT NOT NULL,
  PRIMARY KEY (session_id, dj_id),
  UNIQUE KEY one_active (active_dj_id),
  KEY by_dj (dj_id)
) ENGINE=InnoDB;

INSERT IGNORE INTO session_djs (session_id, dj_id, active_dj_id, place)
SELECT id, dj_id, active_dj_id, 1 FROM sessions;

-- What a weight came of, beside the rules of the draw.
-- unless column draw_participants.own_weight
ALTER TABLE draw_participants ADD COLUMN own_weight DOUBLE NULL;

-- unless column draw_participants.registered_at
ALTER TABLE draw_participants ADD COLUMN registered_at DATETIME(6) NULL;

-- unless column draw_participants.is_late
ALTER TABLE draw_participants ADD COLUMN is_late TINYINT NOT NULL DEFAULT 0;

-- unless column draw_participants.is_joker
ALTER TABLE draw_participants ADD COLUMN is_joker TINYINT NOT NULL DEFAULT 0;
