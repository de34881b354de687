-- SPDX-License-Identifier: MIT
-- What the statistics of the lottery are made of, a row a DJ, so that they cost
-- the same after a hundred nights: in how many draws, how often drawn, how often
-- to be expected by the weights, and the sum of those.
CREATE TABLE IF NOT EXISTS lottery_totals (
  dj_id BINARY(16) NOT NULL,
  draws BIGINT NOT NULL,
  wins BIGINT NOT NULL,
  expected DOUBLE NOT NULL,
  weight BIGINT NOT NULL,
  PRIMARY KEY (dj_id)
) ENGINE=InnoDB;

INSERT IGNORE INTO lottery_totals (dj_id, draws, wins, expected, weight)
SELECT p.dj_id, COUNT(*), SUM(p.dj_id = w.winner_id),
  SUM(p.weight / t.total), SUM(p.weight)
FROM draw_participants p JOIN draws w ON w.id = p.draw_id
JOIN (SELECT draw_id, SUM(weight) AS total FROM draw_participants
  GROUP BY draw_id) t ON t.draw_id = p.draw_id
GROUP BY p.dj_id;
