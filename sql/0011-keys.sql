-- SPDX-License-Identifier: MIT
-- Keys for what is looked for in tables that grow for years.

-- unless key pool_entries.by_dj
ALTER TABLE pool_entries ADD KEY by_dj (dj_id);

-- unless key draws.by_winner
ALTER TABLE draws ADD KEY by_winner (pool_id, winner_id);

-- unless key queue_entries.by_slot
ALTER TABLE queue_entries ADD KEY by_slot (pool_id, status, slot_at);

-- unless key queue_entries.by_end
ALTER TABLE queue_entries ADD KEY by_end (pool_id, status, ended_at);

-- unless key recordings.by_open
ALTER TABLE recordings ADD KEY by_open (is_closed, listed_at, recorder_id, id);

-- What a search for the recordings of a set reads.
-- unless key recordings.by_span
ALTER TABLE recordings ADD KEY by_span (listed_at, end_time);

-- unless key recorders.by_correction
ALTER TABLE recorders ADD KEY by_correction (clock_correction_us);

-- Whether a set has a link to it: the links of 100,000 recordings are not
-- looked through for a list.
-- unless column recordings.is_linked
ALTER TABLE recordings ADD COLUMN is_linked TINYINT NOT NULL DEFAULT 0,
  ADD KEY by_link (is_linked, listed_at, recorder_id, id);

UPDATE recordings r JOIN session_recordings l
ON l.recorder_id = r.recorder_id AND l.recording_id = r.id
SET r.is_linked = 1;
