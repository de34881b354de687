-- SPDX-License-Identifier: MIT
-- The rights of the database user of workers and commands, but for
-- `setlink migrate`: what they do, and no more. To be run by an administrator of
-- the database when `setlink migrate` has made tables:
--
--     mariadb <grants.sql
--
-- What is written down for ever (audit, draws, tokens) they may add, but change
-- only in the columns that come later, and never delete.

GRANT SELECT ON setlink.schema_migrations TO setlink@localhost;
GRANT SELECT, UPDATE ON setlink.leases TO setlink@localhost;

GRANT SELECT, INSERT, UPDATE, DELETE ON setlink.djs TO setlink@localhost;
GRANT SELECT, INSERT, UPDATE ON setlink.guest_requests TO setlink@localhost;
GRANT SELECT, INSERT, UPDATE ON setlink.pools TO setlink@localhost;
GRANT SELECT, INSERT, UPDATE, DELETE ON setlink.pool_entries
  TO setlink@localhost;
GRANT SELECT, INSERT, UPDATE ON setlink.events TO setlink@localhost;
GRANT SELECT, INSERT, UPDATE ON setlink.rooms TO setlink@localhost;
GRANT SELECT, INSERT, UPDATE ON setlink.sessions TO setlink@localhost;
GRANT SELECT, INSERT, UPDATE, DELETE ON setlink.session_djs
  TO setlink@localhost;
GRANT SELECT, INSERT, UPDATE, DELETE ON setlink.queue_entries
  TO setlink@localhost;

GRANT SELECT, INSERT, UPDATE (due_at, drawn_at, winner_id, base_weight, joker,
  cutoff_at) ON setlink.draws TO setlink@localhost;
GRANT SELECT, INSERT ON setlink.draw_participants TO setlink@localhost;
GRANT SELECT, INSERT, UPDATE ON setlink.lottery_totals TO setlink@localhost;

GRANT SELECT, INSERT, UPDATE ON setlink.recordings TO setlink@localhost;
GRANT SELECT, INSERT, UPDATE ON setlink.recorders TO setlink@localhost;
GRANT SELECT, INSERT, DELETE ON setlink.session_recordings
  TO setlink@localhost;
GRANT SELECT, INSERT, UPDATE, DELETE ON setlink.events_pending
  TO setlink@localhost;
GRANT SELECT, UPDATE ON setlink.sync_state TO setlink@localhost;

GRANT SELECT, INSERT, UPDATE (revoked_at) ON setlink.admin_tokens
  TO setlink@localhost;
GRANT SELECT, INSERT, UPDATE, DELETE ON setlink.address_counts
  TO setlink@localhost;
GRANT SELECT, INSERT, UPDATE (status) ON setlink.audit TO setlink@localhost;
