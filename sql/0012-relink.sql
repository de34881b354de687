-- SPDX-License-Identifier: MIT
-- That sets are to be looked at again.

-- Whoever changes what sets are matched with counts up relink_due; relinked is
-- the last of these changes as of which all sets were looked at.
-- unless column sync_state.relink_due
ALTER TABLE sync_state ADD COLUMN relink_due BIGINT NOT NULL DEFAULT 1,
  ADD COLUMN relinked BIGINT NOT NULL DEFAULT 0;
