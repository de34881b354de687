# SPDX-License-Identifier: MIT
# `setlink relink`: what it finds for the sets of the last days or since a day,
# what it leaves alone, and how it tells so. The database is written by the
# test: no request, no bucket.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use POSIX qw(strftime);
use Setlink::Command qw(setlink);
use Setlink::Database;
use Setlink::Recordings qw(rfc3339 uuid_of);
use Test::More;

my $SEED = $ENV{SETLINK_SEED} // 20261121;
srand($SEED);
diag("seed $SEED (set SETLINK_SEED for another one)");

my $HOUR = 3600;
my $DAY  = 24 * $HOUR;

my $database = Setlink::Database->start;
my %settings = ($database->prepare, SETLINK_LOG => 'error');

sub rows { return $database->query($settings{SETLINK_DB_NAME}, $_[0]) }

sub relink { return setlink(\%settings, 'relink', @_) }

sub bin { return "UNHEX('" . ($_[0] =~ tr/-//dr) . "')" }

# NULL, or a text of any bytes.
sub text { return defined $_[0] ? "X'" . unpack('H*', $_[0]) . "'" : 'NULL' }

sub at { return defined $_[0] ? "'" . strftime('%F %T', gmtime $_[0]) . "'"
        : 'NULL' }

my $count = 0;
my @sql;

# Statements are run together: each run of the client takes its time.
sub flush_rows { rows(join '', splice @sql) if @sql; return }

# The id of a set: start, end, room, dj (names, if there are several), barred.
sub new_set {
    my (%set) = @_;
    my $id = uuid_of(0xd0000001, ++$count);
    my @djs = ref $set{dj} ? @{ $set{dj} } : ($set{dj} // "DJ $count");
    my @ids = map { uuid_of(0xd0000002, ++$count) } @djs;
    push @sql, map { 'INSERT INTO djs (id, name, registered_at) VALUES ('
            . bin($ids[$_]) . ', ' . text($djs[$_]) . ", '2020-01-01');\n" }
        0 .. $#djs;
    push @sql, 'INSERT INTO sessions (id, dj_id, session_type, room,'
        . ' started_at, ended_at, link_barred) VALUES (' . join(', ', bin($id), bin($ids[0]),
            @djs > 1 ? "'b2b'" : "'solo'", text($set{room}), at($set{start}), at($set{end}),
            $set{barred} // 0) . ");\n";
    push @sql, map { 'INSERT INTO session_djs (session_id, dj_id, place)'
            . ' VALUES (' . bin($id) . ', ' . bin($ids[$_]) . ", $_ + 1);\n" }
        0 .. $#djs;
    return $id;
}

# A recording: start, end (open without), recorder, gone.
sub new_recording {
    my (%r) = @_;
    my $id = uuid_of(0xb0000000 + ++$count, $count);
    my $recorder = $r{recorder} // uuid_of(0xa0000001, $count);
    push @sql, 'INSERT INTO recordings (recorder_id, id, start_time, end_time,'
        . ' is_closed, ogg_size, ogg_etag, chunks, newest_chunk_at, listed_at,'
        . ' first_seen_at, gone_at) VALUES (' . join(', ', bin($recorder),
            bin($id), at($r{start}), at($r{end}), defined $r{end} ? 1 : 0,
            defined $r{end} ? "1, 'e'" : 'NULL, NULL',
            $r{chunk} ? 1 : 0, at($r{chunk}), at($r{start}),
            "'2020-01-01'", $r{gone} ? "'2020-01-01'" : 'NULL') . ");\n";
    return { recorder => $recorder, id => $id };
}

sub new_recorder {
    my (%r) = @_;
    my $id = uuid_of(0xa0000002, ++$count);
    push @sql, 'INSERT INTO recorders (id, room, clock_correction_us,'
        . ' first_seen_at, last_seen_at) VALUES (' . join(', ', bin($id),
            text($r{room}), ($r{clock} // 0) * 1_000_000, "'2020-01-01'",
            "'2020-01-01'") . ");\n";
    return $id;
}

sub link_set {
    my ($set, $recording, %link) = @_;
    push @sql, 'INSERT INTO session_recordings (session_id, part, recorder_id,'
        . ' recording_id, offset_us, matched_by, linked_at) VALUES ('
        . join(', ', bin($set), $link{part} // 1, bin($recording->{recorder}),
            bin($recording->{id}), ($link{offset} // 0) * 1_000_000,
            text($link{how} // 'start'), "'2020-01-01'") . ");\n";
    return;
}

# The table by the ids of the sets, and the sentence below it.
sub read_table {
    my ($out) = @_;
    my %row;
    my @lines = split /\n/, $out;
    my $sum = pop @lines;
    shift @lines;
    while (my ($line, $ids) = splice @lines, 0, 2) {
        utf8::decode($line);
        my %ids = $ids =~ /(set|had|gets) (\S+(?: [0-9a-f-]+\/\S+)*)/g;
        my @cells = unpack 'A20 x2 A24 x2 A12 x2 A26 x2 A26 x2 A*', $line;
        my %cells;
        @cells{qw(started dj room had gets why)} = @cells;
        $row{ $ids{set} } = { %cells, line => $line, ids => \%ids };
    }
    return (\%row, $sum);
}

# The row of each set of a run, which has to succeed.
sub table {
    my (@arguments) = @_;
    flush_rows();
    my ($status, $out, $err) = relink(@arguments);
    is("$status $err", '0 ', "relink @arguments");
    return read_table($out);
}

sub full_id { return "$_[0]{recorder}/$_[0]{id}" }
sub short_id { return substr $_[0]{id}, 0, 8 }

# Each group of tests has an evening of its own, in the last days.
my $evening = int(time / $DAY) * $DAY - 6 * $DAY;
my $old = $evening - 30 * $DAY;

subtest 'without sets' => sub {
    my ($status, $out, $err) = relink();
    is("$status $err", '0 ', 'there is nothing to do');
    is($out, "0 sets, 0 linked anew\n", 'and it says so');
};

subtest 'the columns' => sub {
    my $begin = $evening;
    my $desk = new_recorder();
    my $first = new_recording(recorder => $desk, start => $begin - 750,
        end => $begin + 1800);
    my $second = new_recording(recorder => $desk, start => $begin + 1860,
        end => $begin + $HOUR);
    my $before = new_recording(start => $begin - 900, end => $begin + 600);
    my $set = new_set(start => $begin, end => $begin + $HOUR, room => 'Main',
        dj => ['Anna', "J\xc3\xb6rg"]);
    link_set($set, $before, how => 'across', offset => 900);
    my ($table, $sum) = table();
    my $row = $table->{$set};
    is($row->{started}, rfc3339($begin), 'when it started');
    is($row->{dj}, "Anna b2b J\x{f6}rg", 'who played, all of them');
    is($row->{had}, short_id($before) . ', 1 part, 15:00', 'what it had');
    is($row->{gets}, short_id($first) . ', 2 parts, 12:30', 'what it gets');
    is($row->{why}, 'runs through the set\'s start, covers 30 of 60 minutes',
        'and why');
    is_deeply($row->{ids}, {
        set  => $set,
        had  => full_id($before),
        gets => full_id($first) . ' ' . full_id($second),
    }, 'whole ids stand below');
    is($sum, '1 sets, 1 linked anew', 'the sum of it');
    is_deeply([rows("SELECT part, LOWER(HEX(recording_id)), offset_us,"
            . ' matched_by FROM session_recordings ORDER BY part')],
        [[1, $first->{id} =~ tr/-//dr, 750_000_000, 'across'],
            [2, $second->{id} =~ tr/-//dr, 0, 'across']], 'it is linked');
    ($table, $sum) = table();
    is($table->{$set}{gets}, 'the same', 'then it has the best there is');
    is($table->{$set}{had}, short_id($first) . ', 2 parts, 12:30',
        'which is told');
    is($sum, '1 sets, 0 linked anew', 'nothing is to do');
};

# Rooms, and clocks of recorders: name, recorders (room, correction and when
# they began and ended, in seconds from the set's start), the set's room, the
# recorder that is to be its, and why. The rooms are of these cases alone.
my @cases = (
    ['a recorder of the room before a nearer one of none',
        [['r1', 0, 90, 3600], [undef, 0, 30, 3600]], 'r1', 0,
        q{begins 1:30 after the set's start}],
    ['case and accents of a room are no matter',
        [["R\xc3\x84ume", 0, 90, 3600]], 'raume', 0,
        q{begins 1:30 after the set's start}],
    ['a set of a room without recorders: one of no room',
        [['r2', 0, 0, 3600], [undef, 0, 30, 3600]], 'r2b', 1,
        q{begins 0:30 after the set's start}],
    ['recorded in another room only', [['r3', 0, 0, 3600]], 'r3b', undef,
        'recorded by the recorder of another room only'],
    ['a set of a tied room, recorded by one of no room',
        [['r4', 0, 9000, 9600], [undef, 0, 0, 3600]], 'r4', undef,
        'recorded by the recorder of another room only'],
    ['a set without a room may be on any', [['r5', 0, 10, 3600]], undef, 0,
        q{begins 0:10 after the set's start}],
    ['two recorders of one room: the nearest',
        [['r6', 0, 20, 3600], ['r6', 0, -10, 3600]], 'r6', 1,
        q{begins 0:10 before the set's start}],
    ['a clock that is slow', [[undef, 5400, -5400, -1800]], undef, 0,
        q{begins at the set's start}],
    ['a clock that is fast', [[undef, -5400, 5460, 9000]], undef, 0,
        q{begins 1:00 after the set's start}],
    ['a clock that is a day slow', [[undef, $DAY, -$DAY - 90, -$DAY + 3600]],
        undef, 0, q{begins 1:30 before the set's start}],
    ['a clock that is a day fast', [[undef, -$DAY, $DAY + 90, $DAY + 3600]],
        undef, 0, q{begins 1:30 after the set's start}],
    ['what seems to fit does not', [[undef, 5400, 0, 3600]], undef, undef,
        q{the nearest recording: begins 30:00 after the set's end}],
    ['right by its clock: it is another one that fits',
        [[undef, 3600, 0, 3000], [undef, 0, 200, 3600]], undef, 1,
        q{begins 3:20 after the set's start}],
    ['one that ended shortly before', [[undef, 0, -3600, -120]], undef, undef,
        q{the nearest recording: ends 2:00 before the set's start, too little}
            . ' of it within the tolerance'],
    ['nothing at all', [], undef, undef, 'no recording around that time'],
    ['nothing at all, in a room', [], 'r7', undef,
        'no recording around that time'],
);

subtest 'rooms and clocks' => sub {
    my $begin = $old;
    my @made;
    for (@cases) {
        my ($name, $recorders, $room, $which, $why) = @$_;
        $begin -= 4 * $DAY;
        my @recordings = map {
            my ($of, $clock, $from, $to) = @$_;
            new_recording(start => $begin + $from, end => $begin + $to,
                recorder => new_recorder(room => $of, clock => $clock));
        } @$recorders;
        my $set = new_set(start => $begin, end => $begin + $HOUR,
            room => $room);
        push @made, [$name, $set, defined $which ? full_id($recordings[$which])
            : undef, $why];
    }
    my ($table) = table('--since', strftime('%F', gmtime $begin));
    for (@made) {
        my ($name, $set, $gets, $why) = @$_;
        is($table->{$set}{ids}{gets}, $gets, $name);
        is($table->{$set}{why}, $why, "$name: why");
    }
};

subtest 'what is left alone' => sub {
    my $begin = $evening + $DAY;
    my @times = (start => $begin, end => $begin + $HOUR);
    my @earlier = (start => $begin - 8 * $HOUR, end => $begin - 7 * $HOUR);
    my ($right, $gone) = (new_recording(@times), new_recording(@earlier,
        gone => 1));
    my $far = new_recording(start => $begin + 9 * $HOUR,
        end => $begin + 10 * $HOUR);
    my ($by_hand, $barred, $lost, $holder, $empty, $stays) = map {
        new_set(@times, @$_) } [room => 'h1'], [room => 'h2', barred => 1],
        [room => 'h3', @earlier], [room => 'h4', dj => ['Holder', 'Two']],
        [room => 'h4'], [room => 'h5', @earlier];
    link_set($by_hand, $far, how => 'manual');
    link_set($lost, $gone);
    link_set($stays, $far, how => 'manual');
    link_set($holder, $right);
    flush_rows();
    my @before = rows('SELECT * FROM session_recordings ORDER BY 1, 2');
    my ($table, $sum) = table();
    is_deeply([rows('SELECT * FROM session_recordings ORDER BY 1, 2')],
        \@before, 'none of these gets another recording');
    my %why = map { $_ => $table->{$_}{why} } keys %$table;
    is($why{$by_hand}, 'linked by hand', 'one that was linked by hand');
    is($why{$barred}, 'unlinked by hand', 'one that was unlinked');
    is($why{$lost}, 'the link stays: its recording is gone from the bucket',
        'one whose recording is gone');
    is($why{$holder}, q{begins at the set's start}, 'one that has the best');
    is($why{$empty}, q{held by DJ Holder b2b Two's set}, 'one that comes too late');
    is($why{$stays}, 'linked by hand', 'one that fits no more, by hand');
    is($table->{$_}{gets}, 'the same', 'what it has is told')
        for $by_hand, $lost, $holder, $stays;
    is($table->{$_}{gets}, '-', 'as it is told of those that have none')
        for $barred, $empty;
};

sub links_of {
    my ($set) = @_;
    return [map { $_->[0] } rows('SELECT LOWER(HEX(recording_id)) FROM'
        . ' session_recordings WHERE session_id = ' . bin($set)
        . ' ORDER BY part')];
}

subtest 'what is true by now' => sub {
    my $begin = $evening + 1.1 * $DAY;
    my @times = (start => $begin, end => $begin + $HOUR);
    my ($gone, $far) = (new_recording(@times, gone => 1),
        new_recording(start => $begin + 9 * $HOUR,
            end => $begin + 10 * $HOUR));
    my ($lost, $wrong) = map { new_set(start => $begin + $_,
        end => $begin + $_ + 1200) } 0, 5 * $HOUR;
    link_set($lost, $gone);
    link_set($wrong, $far);
    my $better = new_recording(start => $begin + 60, end => $begin + $HOUR);
    my ($table, $sum) = table('--dry-run');
    is($table->{$lost}{ids}{gets}, full_id($better),
        'one whose recording is gone gets another one');
    is($table->{$wrong}{gets}, '-', 'one that has nothing in common has none');
    like($table->{$wrong}{why}, qr/\Ano more its own: the nearest/,
        'which is told');
    like($sum, qr/ 2 would be linked anew\z/, 'both are counted');
    is_deeply([map { links_of($_)->[0] } $lost, $wrong],
        [map { $_->{id} =~ tr/-//dr } $gone, $far], 'if it is done');
    table();
    is_deeply([map { links_of($_) } $lost, $wrong],
        [[$better->{id} =~ tr/-//dr], []], 'as it is then');
};

subtest 'a further part is gone' => sub {
    my $begin = $evening + 1.25 * $DAY;
    my $desk = new_recorder();
    my @parts = map { new_recording(recorder => $desk,
        start => $begin + $_ * 1200, end => $begin + $_ * 1200 + 1100,
        gone => $_ == 1) } 0 .. 2;
    my $set = new_set(start => $begin, end => $begin + $HOUR);
    link_set($set, $parts[$_], part => $_ + 1) for 0, 1;
    flush_rows();
    my $links = sub { links_of($set) };
    my @all = map { $_->{id} =~ tr/-//dr } @parts;
    my ($table) = table();
    is_deeply($links->(), \@all, 'it stays at its place, if others come');
    ($table) = table();
    is($table->{$set}{gets}, 'the same', 'then there is nothing to do');
    is_deeply($links->(), \@all, 'it stays');
    rows('UPDATE recordings SET gone_at = NULL WHERE id = '
        . bin($parts[1]{id}));
    ($table) = table();
    is($table->{$set}{gets}, 'the same', 'the set has it when it is back');
    rows("UPDATE recordings SET gone_at = '2020-01-01' WHERE id = "
        . bin($parts[2]{id}));
    ($table) = table();
    is_deeply($links->(), \@all, 'as it is for the last part');
    my $nearer = new_recording(start => $begin, end => $begin + $HOUR);
    rows('UPDATE recordings SET start_time = start_time + INTERVAL 5 SECOND'
        . ' WHERE id = ' . bin($parts[0]{id}));
    ($table) = table();
    is_deeply($links->(), [$nearer->{id} =~ tr/-//dr],
        'with another first part it goes');
};

subtest 'a better one is held' => sub {
    my $begin = $evening + 1.5 * $DAY;
    my @times = (start => $begin, end => $begin + $HOUR);
    my ($best, $second) = (new_recording(@times),
        new_recording(start => $begin + 60, end => $begin + $HOUR));
    my $holder = new_set(@times, dj => 'First');
    link_set($holder, $best);
    my $set = new_set(@times);
    my ($table) = table();
    is($table->{$set}{ids}{gets}, full_id($second), 'the next best is taken');
    is($table->{$set}{why}, q{begins 1:00 after the set's start; a better one}
        . q{ is held by DJ First's set}, 'and the better one told');
};

sub all_tables {
    return [map { [rows("SELECT * FROM $_->[0] ORDER BY 1, 2")] }
        rows('SHOW TABLES')];
}

subtest 'a dry run' => sub {
    my $begin = $evening + 2 * $DAY;
    my $recording = new_recording(start => $begin, end => $begin + $HOUR);
    my $set = new_set(start => $begin, end => $begin + $HOUR);
    flush_rows();
    my $before = all_tables();
    my $locker = $database->connect($settings{SETLINK_DB_NAME});
    $locker->query('BEGIN');
    $locker->query("UPDATE $_ WHERE 1 = 1") for
        'sessions SET link_tolerance = link_tolerance + 1',
        'recordings SET link_changes = link_changes + 1',
        'session_recordings SET offset_us = offset_us + 1';
    my ($table, $sum) = table('--dry-run');
    $locker->query('ROLLBACK');
    is($table->{$set}{ids}{gets}, full_id($recording), 'tells what would be');
    like($sum, qr/\A\d+ sets, 1 would be linked anew\z/, 'and the sum of it');
    is_deeply(all_tables(), $before, 'nothing was written, nothing waited for');
    my ($real, $real_sum) = table();
    is_deeply($real, $table, 'a real run has the same table');
    like($real_sum, qr/\A\d+ sets, 1 linked anew\z/, 'and the same sum');
};

subtest 'since when' => sub {
    my $begin = $old - 100 * $DAY;
    my %set = map { $_ => new_set(start => $begin + $_, end => $begin + $_ + 9)
    } -1, 0, 1;
    my ($table) = table('--dry-run');
    ok(!$table->{$_}, 'the sets of the last days only') for values %set;
    ($table) = table('--dry-run', '--since', rfc3339($begin));
    is_deeply([map { $table->{ $set{$_} } ? 1 : 0 } -1, 0, 1], [0, 1, 1],
        'or from a time on');
    my $day = int($begin / $DAY) * $DAY;
    my $midnight = new_set(start => $day, end => $day + 9);
    my $before = new_set(start => $day - 1, end => $day + 9);
    ($table) = table('--dry-run', '--since', strftime('%F', gmtime $begin));
    is_deeply([map { $table->{$_} ? 1 : 0 } $before, $midnight], [0, 1],
        'or from a day on, in UTC');
    ($table) = table('--dry-run', '--since',
        rfc3339($begin + 2 * $HOUR) =~ s/Z\z/+02:00/r);
    is_deeply([map { $table->{ $set{$_} } ? 1 : 0 } -1, 0, 1], [0, 1, 1],
        'with an offset');
    ($table) = table('--dry-run', '--since', '1000-01-01');
    ok($table->{$before}, 'from the beginning of time');
    ($table) = do {
        local $settings{SESSION_RECORDER_WAIT_DAYS} = 365;
        table('--dry-run');
    };
    ok($table->{$before}, 'by the setting');
};

subtest 'what is on a terminal' => sub {
    my $begin = $evening + 3 * $DAY;
    my $evil = "\e[2J\e]0;x\a\xc2\x9b31m\r\n\xe2\x80\xae";
    my @times = (start => $begin, end => $begin + $HOUR);
    my $recording = new_recording(@times);
    my $holder = new_set(@times, dj => "${evil}H", room => "m$evil");
    link_set($holder, $recording);
    my $set = new_set(@times, dj => "${evil}S", room => "m$evil");
    my $long = new_set(start => $begin - 2 * $HOUR, end => $begin - $HOUR,
        dj => "\xf0\x9f\x8e\xa7" x 30 . 'x' x 50, room => 'r' x 100);
    flush_rows();
    my (undef, $out) = relink('--dry-run');
    unlike($out, qr/[^\n -\x{ff}]|\x7f|\xc2[\x80-\x9f]|\xe2\x80[\xa8-\xae]/,
        'is nothing that it would obey');
    my ($table) = read_table($out);
    like($table->{$set}{why}, qr/\Aheld by DJ \?\[2J.*H's set\z/,
        'but the rest of it');
    ok($table->{$holder}, 'lines are as many as they should be');
    my ($line) = grep { /\xf0\x9f/ } split /\n/, $out;
    utf8::decode($line);
    ok(substr($line, 22, 26) eq "\x{1f3a7}" x 24 . '  ',
        'a long name is cut');
    is(substr($line, 48, 14), 'r' x 12 . '  ', 'as a long room is');
};

subtest 'many sets' => sub {
    my $begin = $old - 200 * $DAY;
    my @sets = map { new_set(start => $begin, end => $begin + 60,
        room => "many $_") } 1 .. 401;
    push @sets, map { new_set(start => $begin + $_, end => $begin + 60 + $_,
        room => "more $_") } 1 .. 199;
    my $recording = new_recording(start => $begin, end => $begin + $HOUR);
    my ($table, $sum) = table('--since', rfc3339($begin - 1));
    is(scalar(grep { $table->{$_} } @sets), 600, 'are all looked at');
    is(scalar(grep { ($table->{$_}{ids}{gets} // '') eq full_id($recording) }
        @sets), 600, 'and linked');
    my ($linked) = map { $_->[0] } rows('SELECT COUNT(*) FROM'
        . ' session_recordings WHERE recording_id = ' . bin($recording->{id}));
    is($linked, 600, 'as the table says');
};

subtest 'links by hand, whatever there is' => sub {
    my $begin = $old - 400 * $DAY;
    my (@kept, @barred);
    for my $night (0 .. 39) {
        my $noon = $begin + $night * 2 * $DAY;
        my @desks = map { new_recorder(clock => int(rand 600) - 300) } 1, 2;
        my @recordings = map {
            my $start = $noon + int rand 6 * $HOUR;
            new_recording(start => $start, recorder => $desks[rand 2],
                end => $start + 60 + int rand 3 * $HOUR, gone => rand() < 0.1);
        } 0 .. rand 8;
        for my $set (0 .. rand 6) {
            my $start = $noon + int rand 6 * $HOUR;
            my $kind = int rand 4;
            my $id = new_set(start => $start, end => $start + $HOUR,
                room => "hand $night $set", barred => $kind == 0 ? 1 : 0);
            push @barred, $id if $kind == 0;
            next if $kind != 1;
            link_set($id, $recordings[rand @recordings], how => 'manual');
            push @kept, $id;
        }
    }
    flush_rows();
    my $rows = sub {
        my (@ids) = @_;
        return [rows('SELECT HEX(session_id), part, HEX(recording_id),'
            . ' offset_us, matched_by, linked_at FROM session_recordings'
            . ' WHERE session_id IN (' . join(', ', map { bin($_) } @ids)
            . ') ORDER BY 1, 2')];
    };
    my $before = $rows->(@kept);
    my (undef, $sum) = table('--since', rfc3339($begin));
    cmp_ok($sum =~ s/.*, (\d+) .*/$1/r, '>', 10, 'many sets are linked');
    is(scalar @$before, scalar @kept, 'links by hand')
        && is_deeply($rows->(@kept), $before, 'stay as they are');
    is_deeply($rows->(@barred), [], 'sets that were unlinked stay so');
    (undef, $sum) = table('--since', rfc3339($begin));
    like($sum, qr/, 0 linked anew\z/, 'a second run finds nothing to do');
    my ($below) = map { $_->[0] } rows('SELECT COUNT(*) FROM'
        . ' session_recordings WHERE offset_us < 0');
    is($below, 0, 'no offset is below 0');
    my ($mixed) = map { $_->[0] } rows('SELECT COUNT(*) FROM (SELECT 1 FROM'
        . ' session_recordings GROUP BY session_id HAVING'
        . ' COUNT(DISTINCT recorder_id) > 1 OR MAX(part) <> COUNT(*)) x');
    is($mixed, 0, 'the parts of a set are of one recorder, and numbered');
};

subtest 'the audit' => sub {
    rows('DELETE FROM audit');
    table('--dry-run');
    is_deeply([rows('SELECT action FROM audit')], [], 'a dry run is not in it');
    table('--since', '2026-11-01T01:00:00+01:00');
    my $user = getpwuid $>;
    is_deeply([rows('SELECT who, client, action, detail, status FROM audit')],
        [["command line ($user)", 'NULL', 'setlink relink',
            'since=2026-11-01T00:00:00Z', 200]], 'one that writes is');
};

subtest 'what is refused' => sub {
    for my $arguments (['x'], ['--bogus'], ['--since'], ['--dry-run', 'x'],
        ['--since', '2026-01-01', '--since', '2026-01-01']) {
        my ($status, $out, $err) = relink(@$arguments);
        is("$status $out", '64 ', "@$arguments");
        like($err, qr/\Asetlink: usage: setlink relink .*\n\z/,
            'the use is told');
    }
    for my $since ('', 'x', 'yesterday', '2026-02-30', '2026-1-1', '20261121',
        '2026-11-21T21:00:00', '2026-11-21 21:00', '2999-01-01', 'xxxx-xx-xx',
        '2026-11-21T00:00:00Zx', "2026-11-2\n", '0000-01-01', '-1') {
        my ($status, $out, $err) = relink('--since', $since);
        is("$status $out", '64 ', "--since '$since'");
        like($err, qr/\Asetlink: --since: must be a day/, 'is told');
    }
    is_deeply([rows("SELECT * FROM audit WHERE status <> 200")], [],
        'none of that is in the audit');
};

subtest 'settings' => sub {
    my ($status, $out) = setlink({ %settings,
        SESSION_RECORDER_ENABLED => 'false' }, 'relink');
    is("$status $out", "0 nothing was done: SESSION_RECORDER_ENABLED is false\n",
        'nothing is done without the integration');
    ($status, $out) = setlink({ %settings,
        SETLINK_DB_SOCKET => '/nowhere/socket' }, 'relink');
    is("$status $out", '69 ', 'no database');
};

done_testing();
