-- SPDX-License-Identifier: MIT
-- What sets are told of their recordings.

-- The last OGG that was there, and when another one came in its place: a
-- recording that is opened again under its id gets other files.
-- unless column recordings.ogg_seen_etag
ALTER TABLE recordings ADD COLUMN ogg_seen_etag VARCHAR(100)
  CHARACTER SET ascii NULL;

-- unless column recordings.ogg_changed_at
ALTER TABLE recordings ADD COLUMN ogg_changed_at DATETIME(6) NULL;

UPDATE recordings SET ogg_seen_etag = ogg_etag
WHERE ogg_size > 0 AND ogg_seen_etag IS NULL;
