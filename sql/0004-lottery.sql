-- SPDX-License-Identifier: MIT
-- The lottery: who is drawn when, and the queue that comes of it.

-- Those who are in the queue of the same round are not drawn again.
-- unless column pools.round
ALTER TABLE pools ADD COLUMN round INT NOT NULL DEFAULT 1;

-- Each draw and each reset writes the row of its pool, so that two of them meet.
-- unless column pools.changes
ALTER TABLE pools ADD COLUMN changes BIGINT NOT NULL DEFAULT 0;

-- A draw is prepared with the commitment to its seed before anybody knows who
-- will be in it. The numbers of a pool have no gap, and one draw is prepared
-- at any time: it is the one with the highest number.
CREATE TABLE IF NOT EXISTS draws (
  id BINARY(16) NOT NULL,
  pool_id BINARY(16) NOT NULL,
  number INT NOT NULL,
  commitment CHAR(64) CHARACTER SET ascii NOT NULL,
  seed CHAR(64) CHARACTER SET ascii NOT NULL,
  committed_at DATETIME(6) NOT NULL,
  due_at DATETIME(6) NULL,
  drawn_at DATETIME(6) NULL,
  winner_id BINARY(16) NULL,
  PRIMARY KEY (id),
  UNIQUE KEY one_number (pool_id, number),
  KEY by_time (committed_at, id)
) ENGINE=InnoDB;

-- Who was in a draw, under which name and with which weight in millionths.
CREATE TABLE IF NOT EXISTS draw_participants (
  draw_id BINARY(16) NOT NULL,
  dj_id BINARY(16) NOT NULL,
  name VARCHAR(100) CHARACTER SET utf8mb4
    COLLATE utf8mb4_unicode_520_ci NOT NULL,
  weight BIGINT NOT NULL,
  PRIMARY KEY (draw_id, dj_id),
  KEY by_dj (dj_id)
) ENGINE=InnoDB;

-- The queue of a pool, in the order of positions. An entry is waiting, playing
-- or played.
CREATE TABLE IF NOT EXISTS queue_entries (
  pool_id BINARY(16) NOT NULL,
  position INT NOT NULL,
  round INT NOT NULL,
  dj_id BINARY(16) NOT NULL,
  draw_id BINARY(16) NULL,
  session_id BINARY(16) NULL,
  status VARCHAR(10) CHARACTER SET ascii NOT NULL DEFAULT 'waiting',
  added_at DATETIME(6) NOT NULL,
  PRIMARY KEY (pool_id, position),
  UNIQUE KEY once_a_round (pool_id, round, dj_id),
  KEY by_dj (dj_id, status),
  KEY by_session (session_id),
  KEY by_status (status)
) ENGINE=InnoDB;
