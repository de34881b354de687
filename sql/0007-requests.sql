-- SPDX-License-Identifier: MIT
-- What guests ask DJs for.

-- Each request writes the row of its DJ, so that it and a removal of the DJ
-- meet.
-- unless column djs.requests
ALTER TABLE djs ADD COLUMN requests BIGINT NOT NULL DEFAULT 0;

-- A request is pending, approved or rejected.
CREATE TABLE IF NOT EXISTS guest_requests (
  id BINARY(16) NOT NULL,
  dj_id BINARY(16) NOT NULL,
  guest_name VARCHAR(100) CHARACTER SET utf8mb4
    COLLATE utf8mb4_unicode_520_ci NOT NULL,
  guest_email VARCHAR(254) CHARACTER SET utf8mb4
    COLLATE utf8mb4_unicode_520_ci NOT NULL,
  message VARCHAR(1000) CHARACTER SET utf8mb4
    COLLATE utf8mb4_unicode_520_ci NULL,
  status VARCHAR(10) CHARACTER SET ascii NOT NULL DEFAULT 'pending',
  created_at DATETIME(6) NOT NULL,
  decided_at DATETIME(6) NULL,
  PRIMARY KEY (id),
  KEY by_dj (dj_id, created_at, id)
) ENGINE=InnoDB;
