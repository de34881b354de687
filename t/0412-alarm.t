# SPDX-License-Identifier: MIT
# A running set that nobody records: who says so and when, and that it is in the
# log once; and which recorder is in which of two rooms.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Setlink::Command qw(run_program setlink_wait);
use Setlink::HttpSuite::Events;
use Setlink::Instance;
use Setlink::Night qw(new_dj new_set start_set end_set new_recording
    link_target must);
use Setlink::Shape qw(is_status);
use Test::More;
use Time::HiRes qw(sleep);

my $HOUR = 3600;
my $AGE  = 'setlink_recorder_newest_chunk_age_seconds';

# The clock of the programs stands still until it is moved. That of MinIO does
# not, and the database's neither, so the test says how old the index is.
my $i = Setlink::Instance->start(clock => 1, workers => 4, settings => {
    SESSION_RECORDER_SYNC_INTERVAL => 3600,
});
$i->clock_set(int time);

sub sql { return $i->query($_[0]) }

sub hex_of { return '0x' . $_[0] =~ s/-//gr }

sub at { return "FROM_UNIXTIME($_[0])" }

# The index is that of so many seconds ago.
sub index_is {
    my ($seconds) = @_;
    sql('UPDATE sync_state SET finished_at = '
        . at($i->clock_now - $seconds));
    return;
}

# Time passes, and refreshes find nothing new.
sub pass_seconds {
    my ($seconds) = @_;
    $i->clock_move($seconds);
    index_is(0);
    return;
}

# What `setlink check` says of a subject.
sub check {
    my ($subject) = @_;
    my (undef, $out) = $i->command('check');
    my ($line) = $out =~ /^(\w+ +\Q$subject\E  .*)$/m;
    return $line && $line =~ s/ +/ /gr;
}

sub metric {
    my ($name) = @_;
    my ($value) = $i->request('GET', '/metrics')->{content} =~
        /^\Q$name\E (\S+)$/m;
    return $value;
}

sub chunk_age { return metric("$AGE\{recorder=\"$_[0]{recorder}\"}") }

# Whoever finds it writes: these at once, or the timers of the instance. All
# have read how the set stands before the first one can write.
sub look_at_once {
    my ($set) = @_;
    my $lock = $i->{database}->connect('setlink');
    $lock->query('BEGIN');
    $lock->query('SELECT 1 FROM sessions WHERE id = ' . hex_of($set)
        . ' FOR UPDATE');
    my @commands = map { $i->start_command(@$_) }
        (['tick']) x 4, (['sync', '--if-stale']) x 3;
    sleep 0.5;
    $lock->query('COMMIT');
    my $written = join '', map { (setlink_wait($_))[2] } @commands;
    $i->parallel((['GET', '/ready']) x 4);
    return $written;
}

my $written = '';

# Lines of all logs with this event and this set, after everybody has looked.
sub logged {
    my ($event, $set) = @_;
    $written .= look_at_once($set);
    my $logs = join '', $written, map { $i->log($_) } qw(worker sync tick);
    return grep { /event=\Q$event\E session=\Q$set\E / } split /\n/, $logs;
}

# All that is told of the set that runs: nothing is recorded, for a reason.
sub is_alarm {
    my ($reason, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $ready = $i->request('GET', '/ready');
    is_status($ready, 503, "$name: not ready");
    ok(!$ready->{json}{recording}{ok}, "$name: for want of a recording");
    ok($ready->{json}{$_}{ok}, "$name: not of $_") for qw(database index minio);
    is_status($i->request('GET', '/ready?for=traffic'), 200,
        "$name: it takes traffic");
    is(metric('setlink_sets_without_recording'), 1, "$name: a set without");
    like(check('recording now'), qr/\AFAIL .*$reason/, "$name: check");
    return;
}

sub is_quiet {
    my ($finding, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $ready = $i->request('GET', '/ready');
    is_status($ready, 200, "$name: ready");
    is_deeply([@{ $ready->{json}{recording} }{qw(ok detail)}],
        [JSON::PP::true(), $finding], "$name: and says why");
    is(metric('setlink_sets_without_recording'), 0, "$name: no set without");
    is(check('recording now'), "ok recording now $finding", "$name: check");
    return;
}

# MinIO's event of a chunk that is stored now.
my $chunk = 10;

sub store_chunk {
    my ($recording) = @_;
    my $answer = Setlink::HttpSuite::Events::post($i,
        Setlink::HttpSuite::Events::created($recording, size => 5_242_880,
            file      => sprintf('chunks/%016d', $chunk++),
            sequencer => sprintf('%X', $i->clock_now * 1_000_000_000)));
    die "$answer->{status} $answer->{content}\n" if $answer->{status} != 200;
    # What has to be linked for it is linked.
    Setlink::HttpSuite::Events::wait_idle($i);
    return;
}

sub change_recording {
    my ($recording, $changes) = @_;
    sql("UPDATE recordings SET $changes WHERE id = "
        . hex_of($recording->{id}));
    return;
}

# A second part, that is not the primary one.
sub add_part {
    my ($id, $part) = @_;
    sql('INSERT INTO session_recordings (session_id, part, recorder_id,'
        . ' recording_id, matched_by, linked_at) SELECT session_id, 2, '
        . hex_of($part->{recorder}) . ', ' . hex_of($part->{id})
        . ', matched_by, linked_at FROM session_recordings'
        . ' WHERE session_id = ' . hex_of($id));
    return;
}

subtest 'nothing is recorded at all' => sub {
    $i->sync;
    index_is(0);
    is_quiet('no set runs', 'before');
    my $dj = new_dj($i, 'Nobody Hears');
    my $set = start_set($i, dj_id => $dj, room => 'Main "A"');
    is_quiet('sets that run: 1, recorded: 0, not known yet: 1', 'at first');
    pass_seconds(119);
    is_quiet('sets that run: 1, recorded: 0, not known yet: 1', 'in time');
    $i->clock_move(300);
    index_is(420);
    is_quiet('sets that run: 1, recorded: 0, not known yet: 1',
        'an old index is no reason');
    is(scalar logged('not_recorded', $set), 0, 'nothing is in the log');
    index_is(0);
    my @lines = logged('not_recorded', $set);
    is(scalar @lines, 1, 'many find it at once: it is in the log once');
    like($lines[0], qr/=warn\ .*\ room="Main\ \\"A\\""
        \ detail="it\ has\ had\ no\ recording\ since\ \d{4}-\S+Z"\z/x,
        'with set, room and time');
    is_alarm(qr/1\ of\ 1\ .*\Q$set\E\ of\ Nobody\ Hears\ in\ Main\ "A":\ it\ has
        \ had\ no\ recording\ .*recorder\ is\ on.*signal.*right\ room/x,
        'then');
    unlike($i->request('GET', '/ready')->{content}, qr/Nobody|$set/,
        'not everybody is told who plays');
    index_is(400);
    is_alarm(qr/it has had no recording/,
        'an old index is no reason to be quiet');
    $i->change_settings(SETLINK_ALARM_MINUTES => 60);
    end_set($i, $set);
    pass_seconds(300);
    is_quiet('no set runs', 'after its end');
    my $later = start_set($i, dj_id => $dj, room => 'Main');
    pass_seconds(3000);
    like(check('recording now'), qr/\Aok .*not known yet: 1/,
        'SETLINK_ALARM_MINUTES');
    $i->change_settings();
    like(check('recording now'), qr/\AFAIL/, 'is two without a setting');
    end_set($i, $later);
};

# The recorder of the next three, and the set that is on it. MinIO says when
# chunks come, so setlink knows it at once.
my ($set, $recording);

subtest 'a recorder that stops giving chunks' => sub {
    $i->clock_set(int time);
    $set = start_set($i, room => 'Main');
    $recording = new_recording(start => $i->clock_now - 10);
    $i->record($recording);
    is_quiet('a set runs, and is being recorded', 'an open recording');
    is(chunk_age($recording), undef, 'of which no chunk has come yet');
    $i->clock_move(100);
    store_chunk($recording);
    is(chunk_age($recording), 0, 'then one comes');
    $i->clock_move(120);
    index_is(0);
    is_quiet('a set runs, and is being recorded', 'for two minutes');
    is(chunk_age($recording), 120, 'and is so old');
    $i->clock_move(1);
    is_alarm(qr/its recorder has stored nothing since/, 'more than that');
    is(scalar logged('not_recorded', $set), 1, 'it is in the log once');
    is(scalar logged('recorded_again', $set), 0, 'and not that it is over');
    pass_seconds(600);
    change_recording($recording, 'metadata_at = ' . at($i->clock_now));
    is_alarm(qr/stored nothing since/, 'metadata is no music');
    store_chunk($recording);
    my @lines = logged('recorded_again', $set);
    is(scalar @lines, 1, 'the next chunk: it is in the log once');
    like($lines[0], qr/=info .*session=\Q$set\E room=Main\z/, 'with the set');
    is_quiet('a set runs, and is being recorded', 'and over');
    pass_seconds(500);
    is(scalar logged('not_recorded', $set), 2, 'it stops once more');
    store_chunk($recording);
    is(scalar logged('recorded_again', $set), 2, 'and goes on once more');
};

subtest 'a recording that is closed, or gone' => sub {
    pass_seconds(10);
    change_recording($recording, 'is_closed = 1, raw_size = 9999999,'
        . ' end_time = ' . at($i->clock_now) . ', metadata_at = '
        . at($i->clock_now) . ', raw_at = ' . at($i->clock_now));
    pass_seconds(110);
    is_quiet('sets that run: 1, recorded: 0, not known yet: 1',
        'the next one may come');
    pass_seconds(20);
    is_alarm(qr/its recording is closed, with no other since/, 'none comes');
    change_recording($recording, 'gone_at = ' . at($i->clock_now));
    is_alarm(qr/its recording is gone, with no other since/,
        'that it goes is no end of the alarm');
    is(scalar logged('not_recorded', $set), 3, 'it is in the log once');
    is(scalar logged('recorded_again', $set), 2, 'and not that it is over');
    change_recording($recording, 'gone_at = NULL');
    # A cut: the set is in two recordings, and the first is the primary one.
    my $next = new_recording(recorder => $recording->{recorder});
    store_chunk($next);
    add_part($set, $next);
    is_quiet('a set runs, and is being recorded', 'the next one');
    is(scalar logged('recorded_again', $set), 3, 'it is over');
};

subtest 'unlinked by hand' => sub {
    must($i, 'DELETE', "/api/session-recorder/link/$set");
    pass_seconds(5 * $HOUR);
    is_quiet('no set runs', 'somebody wants it so');
    is(scalar logged('not_recorded', $set), 3, 'nothing is in the log');
};

subtest 'several sets' => sub {
    my @recordings = map { new_recording() } 1 .. 3;
    store_chunk($recordings[2]);
    pass_seconds(1000);
    my @sets = map { start_set($i, room => "Room $_") } 1 .. 3;
    store_chunk($_) for @recordings[0, 1];
    must($i, 'POST', link_target($sets[$_], $recordings[$_])) for 0 .. 2;
    add_part($sets[0], $recordings[2]);
    is(metric('setlink_sets_without_recording'), 0,
        'what its recording gave before the set is no matter');
    pass_seconds(110);
    store_chunk($recordings[0]);
    pass_seconds(20);
    store_chunk($recordings[0]);
    is(metric('setlink_sets_without_recording'), 2, 'two of three');
    like(check('recording now'), qr/\AFAIL .*2 of 3 sets/, 'check counts them');
    is(join(' ', map { scalar logged('not_recorded', $_) } @sets), '0 1 1',
        'each has its line');
    end_set($i, $sets[2]);
    store_chunk($recordings[1]);
    is_quiet('2 sets run, both are being recorded', 'then');
    end_set($i, $_) for @sets[0, 1];
};

# --- Two rooms.

# Rows of a recorder that recorded from and to these hours before now.
sub recorder {
    my ($from, $to) = @_;
    my $recording = new_recording();
    my ($id, $recorder) = map { hex_of($_) } @{$recording}{qw(id recorder)};
    my ($start, $end) = map { at($i->clock_now - $_ * $HOUR) } $from, $to;
    sql('INSERT INTO recorders (id, first_seen_at, last_seen_at) VALUES'
        . " ($recorder, $start, $end); INSERT INTO recordings (recorder_id, id,"
        . ' start_time, listed_at, first_seen_at, end_time, is_closed) VALUES'
        . " ($recorder, $id, $start, $start, $start, $end, 1)");
    return $recording->{recorder};
}

sub set_in {
    my ($room, $from, $to) = @_;
    return new_set($i, $i->clock_now - $from * $HOUR,
        $i->clock_now - $to * $HOUR, defined $room ? (room => $room) : ());
}

sub tie_to {
    my ($recorder, $room) = @_;
    must($i, 'PUT', "/api/session-recorder/recorders/$recorder",
        { room => $room });
    return;
}

subtest 'two rooms and two recorders' => sub {
    # Another night than that of the sets before.
    pass_seconds(30 * $HOUR);
    is(check('rooms'), undef, 'no set');
    my @recorders = map { recorder(9, 2) } 1, 2;
    recorder(20, 12);
    set_in('Main', 8, 6);
    set_in('MAIN', 7.5, 6);
    set_in(undef, 8, 6);
    is(check('rooms'), undef, 'one room, however it is written, and no room');
    set_in('Bar', 6, 5);
    is(check('rooms'), undef, 'one room after the other');
    set_in('Cellar', 13, 10);
    set_in('Bar', 12.5, 10);
    is(check('rooms'), 'ok rooms no two recorders could be mistaken for each'
        . ' other', 'two rooms, and one recorder at that time');
    set_in('Bar', 8, 4);
    my $line = check('rooms');
    my ($second, $first) = sort @recorders;
    like($line, qr/\AFAIL .*(?:Main and Bar|Bar and Main)/i, 'two rooms');
    like($line, qr/\Q$first and $second\E, which are tied to no room/,
        'and two recorders');
    like($line, qr/PUT\ \/api\/session-recorder\/recorders\/\Q$first\E
        \ \{"room":\ "(?:Main|Bar)"\}/xi, 'with what to do');
    tie_to($second, 'bar');
    like(check('rooms'), qr/\Aok /, 'one is tied, so the other is known');
    my $third = recorder(8, 2);
    like(check('rooms'), qr/\AFAIL .*\{"room": "Main"\}/i,
        'with a third one it has to be guessed for the other room');
    tie_to($third, 'Elsewhere');
    tie_to($second, 'Elsewhere');
    tie_to($first, 'Main');
    like(check('rooms'), qr/\Aok /, 'both are tied, one elsewhere');
    tie_to($_, '') for $first, $second, $third;
    pass_seconds(25 * $HOUR);
    is(check('rooms'), undef, 'the night is over');
};

subtest 'without MinIO, and without recordings' => sub {
    my $alone = start_set($i);
    pass_seconds(300);
    my ($status, undef, $message) = run_program("$i->{bin}/setlink", {
        SETLINK_ENV_FILE => $i->settings_file,
        SESSION_RECORDER_MINIO_ENDPOINT => 'http://127.0.0.1:9' }, 'sync');
    is($status, 69, 'a refresh that fails');
    # A timer may have been before it.
    like($message . $i->log('tick'), qr/event=not_recorded session=$alone/,
        'looks at the sets as well');
    is_status($i->request('GET', '/ready'), 503, 'an alarm');
    $i->configure({ SESSION_RECORDER_ENABLED => 'false' });
    my $ready = $i->request('GET', '/ready');
    is_status($ready, 200, 'where none are looked for there is none');
    is($ready->{json}{recording}, undef, 'and nothing is said');
    is(metric('setlink_sets_without_recording'), undef, 'nor counted');
    is(check('recording now'), undef, 'nor found by check');
    my $set = start_set($i);
    pass_seconds(300);
    is(scalar logged('not_recorded', $set), 0, 'nor written');
};

$i->stop;
$i->is_clean;
done_testing;
