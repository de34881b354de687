-- SPDX-License-Identifier: MIT
-- What migrating itself needs. Run at the beginning of every `setlink migrate`.

CREATE TABLE IF NOT EXISTS leases (
  name VARCHAR(32) CHARACTER SET ascii NOT NULL,
  owner BINARY(16) NULL,
  until_at DATETIME(6) NOT NULL,
  PRIMARY KEY (name)
) ENGINE=InnoDB;

INSERT IGNORE INTO leases (name, until_at)
VALUES ('migrate', UTC_TIMESTAMP(6)), ('sync', UTC_TIMESTAMP(6)),
  ('wait-1', UTC_TIMESTAMP(6)), ('wait-2', UTC_TIMESTAMP(6));

CREATE TABLE IF NOT EXISTS schema_migrations (
  version INT NOT NULL,
  name VARCHAR(64) CHARACTER SET ascii NOT NULL,
  applied_at DATETIME(6) NOT NULL,
  PRIMARY KEY (version)
) ENGINE=InnoDB;
