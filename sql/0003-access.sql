-- SPDX-License-Identifier: MIT
-- Wrong admin tokens an address has sent since window_at.
CREATE TABLE IF NOT EXISTS access_failures (
  address BINARY(16) NOT NULL,
  window_at DATETIME(6) NOT NULL,
  failures INT NOT NULL,
  PRIMARY KEY (address),
  KEY by_window (window_at)
) ENGINE=InnoDB;
