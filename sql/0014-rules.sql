-- SPDX-License-Identifier: MIT
-- By which rules the weights of a draw were made, as settings may change:
-- joker is a factor, 0 where jokers were drawn before all others; who registered
-- after cutoff_at was late.
-- unless column draws.base_weight
ALTER TABLE draws ADD COLUMN base_weight DOUBLE NULL;

-- unless column draws.joker
ALTER TABLE draws ADD COLUMN joker DOUBLE NULL;

-- unless column draws.cutoff_at
ALTER TABLE draws ADD COLUMN cutoff_at DATETIME(6) NULL;
