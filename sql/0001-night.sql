-- SPDX-License-Identifier: MIT
-- DJs, the pool they register for, and their sets.

CREATE TABLE IF NOT EXISTS djs (
  id BINARY(16) NOT NULL,
  name VARCHAR(100) CHARACTER SET utf8mb4
    COLLATE utf8mb4_unicode_520_ci NOT NULL,
  email VARCHAR(254) CHARACTER SET utf8mb4
    COLLATE utf8mb4_unicode_520_ci NULL,
  registered_at DATETIME(6) NOT NULL,
  weight DOUBLE NOT NULL DEFAULT 1,
  is_active TINYINT NOT NULL DEFAULT 1,
  PRIMARY KEY (id),
  KEY by_registration (registered_at, id),
  KEY by_name (name)
) ENGINE=InnoDB;

-- There is always one open pool. Its mark is 1, that of a closed one NULL, so
-- that the key allows one open pool and any number of closed ones.
CREATE TABLE IF NOT EXISTS pools (
  id BINARY(16) NOT NULL,
  open_mark TINYINT NULL,
  opened_at DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY one_open (open_mark)
) ENGINE=InnoDB;

INSERT IGNORE INTO pools (id, open_mark, opened_at)
VALUES (UNHEX('00000000000070008000000000000001'), 1, UTC_TIMESTAMP(6));

-- A name is unique within a pool, whatever its case and accents.
CREATE TABLE IF NOT EXISTS pool_entries (
  pool_id BINARY(16) NOT NULL,
  dj_id BINARY(16) NOT NULL,
  name VARCHAR(100) CHARACTER SET utf8mb4
    COLLATE utf8mb4_unicode_520_ci NOT NULL,
  registered_at DATETIME(6) NOT NULL,
  PRIMARY KEY (pool_id, dj_id),
  UNIQUE KEY one_name (pool_id, name)
) ENGINE=InnoDB;

-- A start that ends who plays in its room writes the room's row, so that two
-- of them meet. No room is ''.
CREATE TABLE IF NOT EXISTS rooms (
  name VARCHAR(100) CHARACTER SET utf8mb4
    COLLATE utf8mb4_unicode_520_ci NOT NULL,
  starts BIGINT NOT NULL,
  PRIMARY KEY (name)
) ENGINE=InnoDB;

-- active_dj_id is dj_id while the set runs, then NULL: one active set a DJ.
CREATE TABLE IF NOT EXISTS sessions (
  id BINARY(16) NOT NULL,
  dj_id BINARY(16) NOT NULL,
  active_dj_id BINARY(16) NULL,
  room VARCHAR(100) CHARACTER SET utf8mb4
    COLLATE utf8mb4_unicode_520_ci NULL,
  session_type VARCHAR(10) CHARACTER SET ascii NOT NULL DEFAULT 'solo',
  started_at DATETIME(6) NOT NULL,
  ended_at DATETIME(6) NULL,
  PRIMARY KEY (id),
  UNIQUE KEY one_active (active_dj_id),
  KEY by_start (started_at, id),
  KEY by_dj (dj_id, started_at)
) ENGINE=InnoDB;
