# SPDX-License-Identifier: MIT
# The lists of the index over 10,000 recordings: what each filter gives, page
# by page, and that the database reads no more than it has to.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Setlink::Database;
use Setlink::Presign qw(unit_program);
use Test::More;

my $database = Setlink::Database->start;
my %settings = ($database->prepare, SETLINK_LOG => 'error');

sub sql { return $database->query($settings{SETLINK_DB_NAME}, @_) }

# Four recorders. Each start is shared by five recordings, one in fifty has
# none, one in forty is gone, a third has a set, four in fifty are open.
sql(<<'END');
INSERT INTO recordings (recorder_id, id, start_time, listed_at, is_closed,
gone_at, first_seen_at)
SELECT UNHEX(MD5(seq MOD 4)), UNHEX(MD5(seq)), start,
COALESCE(start, '1970-01-01'), seq MOD 50 NOT BETWEEN 7 AND 10,
IF(seq MOD 40 = 1, UTC_TIMESTAMP(6), NULL), UTC_TIMESTAMP(6)
FROM (SELECT seq, IF(seq MOD 50 = 3, NULL,
'2026-01-01' + INTERVAL seq DIV 5 * 1800.5 SECOND) start
FROM seq_1_to_10000) numbers;
INSERT INTO session_recordings (session_id, part, recorder_id, recording_id,
offset_us, matched_by, linked_at)
SELECT UNHEX(MD5(CONCAT('set', seq))), 1, UNHEX(MD5(seq MOD 4)),
UNHEX(MD5(seq)), 0, 'start', UTC_TIMESTAMP(6)
FROM seq_1_to_10000 WHERE seq MOD 3 = 0;
INSERT INTO session_recordings (session_id, part, recorder_id, recording_id,
offset_us, matched_by, linked_at)
SELECT UNHEX(MD5(CONCAT('set', seq))), 2, UNHEX(MD5(seq MOD 4)),
UNHEX(MD5(seq)), 0, 'later', UTC_TIMESTAMP(6)
FROM seq_1_to_10000 WHERE seq MOD 6 = 0;
UPDATE recordings r JOIN session_recordings l
ON l.recorder_id = r.recorder_id AND l.recording_id = r.id
SET r.is_linked = 1;
ANALYZE TABLE recordings, session_recordings;
END

my @all = map { {
    at => $_->[0], recorder => $_->[1], id => $_->[2], known => $_->[3],
    open => $_->[4], linked => $_->[5]
} } sort {
    $b->[0] <=> $a->[0] or $b->[1] cmp $a->[1] or $b->[2] cmp $a->[2]
} sql(<<'END');
SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', listed_at),
LOWER(HEX(recorder_id)), LOWER(HEX(id)), start_time IS NOT NULL,
is_closed = 0, EXISTS (SELECT 1 FROM session_recordings l
WHERE l.recorder_id = r.recorder_id AND l.recording_id = r.id)
FROM recordings r WHERE gone_at IS NULL
END
is(scalar @all, 9750, 'ten thousand recordings, some of them gone');

sub counters {
    my %status = map { @$_ } $database->query('', 'SHOW GLOBAL STATUS WHERE'
            . " Variable_name LIKE 'Sort\\_%' OR Variable_name LIKE"
            . " 'Handler\\_read\\_%'");
    return \%status;
}

# What the program prints for a filter, without dashes.
sub list {
    my ($limit, @filter) = @_;
    local %ENV = (%ENV, SETLINK_ENV_FILE => '/dev/null', %settings);
    open my $out, '-|', unit_program('index-list'), $limit, @filter
        or die "index-list: $!\n";
    chomp(my @lines = <$out>);
    close $out or die "index-list @filter: status $?\n";
    return map { s/-//gr } @lines;
}

sub expected {
    my ($recorder, $since, $until, $linked, $open) = @_;
    $recorder =~ s/-//g;
    my @wanted = grep {
               (!$recorder || $_->{recorder} eq $recorder)
            && ($since eq '-' || ($_->{known} && $_->{at} >= $since))
            && ($until eq '-' || ($_->{known} && $_->{at} < $until))
            && ($linked eq '-' || $_->{linked} == $linked)
            && ($open eq '-' || $_->{open} == $open)
    } @all;
    return map { "$_->{at} $_->{recorder} $_->{id}" } @wanted;
}

my $recorder = $all[0]{recorder}
    =~ s/^(.{8})(.{4})(.{4})(.{4})(.{12})$/$1-$2-$3-$4-$5/r;
my ($since, $until) = @all[6000, 3000];
my $wrong = 0;
my $kinds = 0;
my $before = counters();
for my $bits (0 .. 71) {
    my @filter = ($bits & 1 ? $recorder : '-', $bits & 2 ? $since->{at} : '-',
        $bits & 4 ? $until->{at} : '-', ('-', 0, 1)[($bits >> 3) % 3],
        ('-', 0, 1)[int(($bits >> 3) / 3)]);
    my @got = list(100, @filter);
    my @want = expected(@filter);
    $kinds++;
    next if "@got" eq "@want" && @want > 0;
    last if ++$wrong > 3;
    is_deeply(\@got, \@want, "@filter");
}
is("$kinds $wrong", '72 0', 'each kind of filter, by pages of 100');
my $after = counters();
is($after->{$_}, $before->{$_}, "nothing is sorted: $_")
    for qw(Sort_rows Sort_range Sort_scan Sort_priority_queue_sorts);
is_deeply([list($_, ('-') x 5)], [expected(('-') x 5)], "by pages of $_")
    for 7, 1000;

# The first page, and one in the middle, read little more than they give.
sub rows_read {
    my (@args) = @_;
    my $start = counters();
    my $count = list(@args);
    my $end = counters();
    my $read = 0;
    $read += $end->{"Handler_read_$_"} - $start->{"Handler_read_$_"}
        for qw(first key last next prev rnd rnd_next);
    return ($count, $read);
}
my ($count, $read) = rows_read(1000, ('-') x 5);
cmp_ok($read, '<', 4 * $count, 'rows read for a list without filter');
($count, $read) = rows_read(50, $recorder, ('-') x 4);
cmp_ok($read, '<', 4 * $count, 'rows read for the list of a recorder');
($count, $read) = rows_read(50, '-', $since->{at}, $until->{at}, '-', '-');
cmp_ok($read, '<', 4 * $count, 'rows read for a list of a time');
($count, $read) = rows_read(50, ('-') x 3, 1, '-');
cmp_ok($read, '<', 12 * $count, 'rows read for a list of those with a set');

# One that is open and one that is linked, older than all others.
sql(<<'END');
UPDATE recordings SET is_closed = 1, is_linked = 0;
UPDATE recordings SET is_closed = 0, is_linked = 1 WHERE gone_at IS NULL
AND start_time IS NOT NULL ORDER BY listed_at LIMIT 1;
ANALYZE TABLE recordings;
END
for my $of ('-', $recorder) {
    ($count, $read) = rows_read(50, $of, ('-') x 3, 1);
    cmp_ok($read, '<', 50, "rows read for those that are open: $of");
}
($count, $read) = rows_read(50, ('-') x 3, 1, '-');
is($count, 1, 'one is linked');
cmp_ok($read, '<', 50, 'and not looked for among all');

done_testing();
