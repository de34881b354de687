# SPDX-License-Identifier: MIT
# A database as it is after years: rows in all tables that grow, and values by
# which statements find some of them.
package Setlink::Filling;

use strict;
use warnings;

use Digest::MD5 qw(md5_hex);
use Exporter 'import';

our @EXPORT_OK = qw(fill_database sample_value);

# The same number has the same id in all tables. The last pool is the open one,
# and has been for long.
my $POOLS = 101;
my $ID    = "X'" . md5_hex(7) . "'";
my $POOL  = "X'" . md5_hex($POOLS) . "'";
my $TIME  = q{'2026-06-01 12:00:00'};

my @FILL = (<<"END", <<"END", <<"END");
DELETE FROM pools;
INSERT INTO djs (id, name, email, registered_at, is_active)
SELECT UNHEX(MD5(seq)), CONCAT('DJ ', seq), CONCAT(seq, '\@example.org'),
'2026-01-01' + INTERVAL seq HOUR, seq MOD 10 <> 0 FROM seq_1_to_500;
INSERT INTO pools (id, open_mark, opened_at)
SELECT UNHEX(MD5(seq)), IF(seq = $POOLS, 1, NULL),
'2024-01-01' + INTERVAL 7 * seq DAY FROM seq_1_to_$POOLS;
INSERT INTO pool_entries
SELECT p.id, d.id, d.name, p.opened_at + INTERVAL 1 HOUR
FROM pools p JOIN djs d ON p.open_mark = 1 OR ORD(d.id) < 64;
INSERT INTO events (id, pool_id, open_mark, started_at, ended_at, slot_minutes,
cutoff_hours, replanned_at)
SELECT UNHEX(MD5(seq)), UNHEX(MD5(seq)), IF(seq = $POOLS, 1, NULL), start,
IF(seq = $POOLS, NULL, start + INTERVAL 8 HOUR), 60, 2, start
FROM (SELECT seq, '2024-01-01' + INTERVAL 7 * seq DAY AS start
FROM seq_1_to_$POOLS) numbers;
INSERT INTO sessions (id, dj_id, active_dj_id, room, session_type, started_at,
ended_at, event_id)
SELECT UNHEX(MD5(seq)), UNHEX(MD5(seq MOD 500 + 1)),
IF(seq > 1996, UNHEX(MD5(seq MOD 500 + 1)), NULL),
IF(seq MOD 2, 'Main', NULL), IF(seq MOD 10, 'solo', 'b2b'), start,
IF(seq > 1996, NULL, start + INTERVAL 55 MINUTE),
UNHEX(MD5(seq DIV 20 + 1))
FROM (SELECT seq, '2024-01-01' + INTERVAL 7 * (seq DIV 20 + 1) DAY
+ INTERVAL seq MOD 20 HOUR AS start FROM seq_1_to_2000) numbers;
INSERT INTO session_djs SELECT id, dj_id, active_dj_id, 1 FROM sessions;
INSERT INTO draws (id, pool_id, number, commitment, seed, committed_at, due_at,
drawn_at, winner_id)
SELECT UNHEX(MD5(seq)), UNHEX(MD5(LEAST((seq - 1) DIV 10 + 1, $POOLS))), seq,
MD5(seq), MD5(seq), at, at, IF(seq = 5000, NULL, at),
UNHEX(MD5(seq MOD 500 + 1))
FROM (SELECT seq, '2024-01-01' + INTERVAL seq HOUR AS at FROM seq_1_to_5000)
numbers;
INSERT INTO draw_participants (draw_id, dj_id, name, weight)
SELECT w.id, UNHEX(MD5(seq)), seq, 1000000 FROM draws w JOIN seq_1_to_20;
INSERT INTO queue_entries (pool_id, position, round, dj_id, draw_id, session_id,
status, added_at, slot_at)
SELECT event_id, ROW_NUMBER() OVER (PARTITION BY event_id ORDER BY started_at),
1, dj_id, id, id, IF(ended_at IS NULL, 'playing', 'played'), started_at,
started_at FROM sessions;
INSERT INTO queue_entries (pool_id, position, round, dj_id, status, added_at)
SELECT $POOL, 100 + seq, 1, UNHEX(MD5(100 + seq)), 'waiting', $TIME
FROM seq_1_to_5;
INSERT INTO queue_entries (pool_id, position, round, dj_id, draw_id, status,
added_at, began_at, ended_at)
SELECT $POOL, 1000 + seq, 1 + seq DIV 400, UNHEX(MD5(seq MOD 400)),
UNHEX(MD5(seq)), 'played', start, start, start + INTERVAL 1 HOUR
FROM (SELECT seq, '2024-01-01' + INTERVAL seq HOUR AS start
FROM seq_1001_to_5000) numbers;
INSERT INTO guest_requests (id, dj_id, guest_name, guest_email, created_at)
SELECT UNHEX(MD5(seq)), UNHEX(MD5(seq MOD 50)), seq, seq,
'2024-01-01' + INTERVAL seq HOUR FROM seq_1_to_5000;
END
INSERT INTO recorders (id, name, room, first_seen_at, last_seen_at)
SELECT UNHEX(MD5(seq)), seq, IF(seq = 1, 'Main', NULL), '2024-01-01', $TIME
FROM seq_1_to_80;
INSERT INTO recordings (recorder_id, id, start_time, end_time, listed_at,
is_closed, ogg_size, waveform_etag, audio_due, first_seen_at, gone_at)
SELECT UNHEX(MD5(IF(seq MOD 4, seq MOD 80, 7))), UNHEX(MD5(seq)), start,
start + INTERVAL 90 MINUTE, start, 1, 100, seq, IF(seq MOD 50, NULL, 1), start,
IF(seq MOD 40 = 1, start, NULL)
FROM (SELECT seq, '2024-01-01' + INTERVAL 2 * seq HOUR AS start
FROM seq_1_to_10000) numbers;
INSERT INTO session_recordings (session_id, part, recorder_id, recording_id,
matched_by, linked_at)
SELECT UNHEX(MD5(seq)), 1, UNHEX(MD5(IF(seq MOD 4, seq MOD 80, 7))),
UNHEX(MD5(seq)), 'start', $TIME FROM seq_1_to_1500;
UPDATE recordings r JOIN session_recordings l
ON l.recorder_id = r.recorder_id AND l.recording_id = r.id
SET r.is_linked = 1;
UPDATE sync_state SET finished_at = $TIME;
END
INSERT INTO audit (id, at, who, action, detail)
SELECT UNHEX(MD5(seq)), '2024-01-01' + INTERVAL seq HOUR, 'admin', 'GET', ''
FROM seq_1_to_10000;
INSERT INTO admin_tokens (id, name, hash, created_at, revoked_at)
SELECT UNHEX(MD5(seq)), seq, MD5(seq), $TIME, IF(seq > 10, NULL, $TIME)
FROM seq_1_to_20;
INSERT INTO address_counts
SELECT 'register', UNHEX(MD5(seq)), '2026-05-31' + INTERVAL seq SECOND, 1
FROM seq_1_to_10000;
END

# Fill the tables of a database that has just been made.
sub fill_database {
    my ($database, $name) = @_;
    $database->query($name, $_) for @FILL;
    my @tables = map { $_->[0] } $database->query($name, 'SHOW TABLES');
    $database->query($name, 'ANALYZE TABLE ' . join(', ', @tables));
    return;
}

# A value for the parameter with which a piece of a statement ends: one that
# is to be found, by what it is compared with.
sub sample_value {
    my ($before) = @_;
    my ($limit) = $before =~ /\b(LIMIT|INTERVAL) \?\z/;
    return 100 if $limit;
    my ($column) = $before =~ /\b(\w+) (?:[<>=]+|IN) [(]?(?:\?, )*\?\z/;
    ($column) = $before =~ /\b(\w+) BETWEEN (?:\? AND )?\?\z/ if !$column;
    $column //= '';
    return $POOL if $column eq 'pool_id' || $before =~ /pool\w* .*id = \?\z/;
    return $TIME if $column =~ /(?:_at|_time|\bat)\z/;
    return $ID if $column =~ /(?:\A|_)id\z|\Aaddress\z/;
    return q{'Main'} if $column eq 'room';
    return q{'register'} if $column eq 'what';
    return q{'DJ 7'} if $column eq 'name';
    return 1;
}

1;
