-- SPDX-License-Identifier: MIT
-- Who may do what and how often, and who did.

-- The tokens of admins, each as its SHA-256 in hex. One that is revoked stays,
-- and with it its name: who did something is told by it.
CREATE TABLE IF NOT EXISTS admin_tokens (
  id BINARY(16) NOT NULL,
  name VARCHAR(64) CHARACTER SET utf8mb4
    COLLATE utf8mb4_unicode_520_ci NOT NULL,
  hash CHAR(64) CHARACTER SET ascii NOT NULL,
  created_at DATETIME(6) NOT NULL,
  expires_at DATETIME(6) NULL,
  revoked_at DATETIME(6) NULL,
  PRIMARY KEY (id),
  UNIQUE KEY one_name (name),
  KEY by_end (revoked_at)
) ENGINE=InnoDB;

-- How often an address has done something since window_at.
CREATE TABLE IF NOT EXISTS address_counts (
  what VARCHAR(16) CHARACTER SET ascii NOT NULL,
  address BINARY(16) NOT NULL,
  window_at DATETIME(6) NOT NULL,
  count INT NOT NULL,
  PRIMARY KEY (what, address),
  KEY by_window (what, window_at)
) ENGINE=InnoDB;

-- It held the same for wrong tokens alone, for ten minutes.
DROP TABLE IF EXISTS access_failures;

-- What admins did. The row is there before it is done; status is NULL until it
-- has ended, and stays so when nobody knows how.
CREATE TABLE IF NOT EXISTS audit (
  id BINARY(16) NOT NULL,
  at DATETIME(6) NOT NULL,
  who VARCHAR(100) CHARACTER SET utf8mb4 NOT NULL,
  client VARCHAR(45) CHARACTER SET ascii NULL,
  request_id VARCHAR(64) CHARACTER SET ascii NULL,
  action VARCHAR(255) CHARACTER SET utf8mb4 NOT NULL,
  detail VARCHAR(500) CHARACTER SET utf8mb4 NOT NULL,
  status SMALLINT NULL,
  PRIMARY KEY (id),
  KEY by_time (at, id)
) ENGINE=InnoDB;
