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
