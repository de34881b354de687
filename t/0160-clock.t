# SPDX-License-Identifier: MIT
# Nights by a clock that the test moves: midnight, the change from summer time,
# a clock that is set back. The programs that are installed have no such clock.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use HTTP::Tiny;
use JSON::PP ();
use Setlink::Clock;
use Setlink::Command qw(program);
use Setlink::FastCGI;
use Setlink::Instance;
use Setlink::Night qw(new_dj start_set end_set new_recording);
use Setlink::Process qw(scratch);
use Setlink::Recordings qw(rfc3339);
use Setlink::Shape qw(is_status is_problem);
use Test::More;
use Time::Local qw(timegm);

# A local time that changes: nothing may depend on it.
$ENV{TZ} = 'CET-1CEST,M3.5.0,M10.5.0/3';

my $EVENING = timegm(0, 30, 21, 21, 10, 2026);
my %SETTINGS = (SETLINK_DB_SOCKET => scratch() . '/no-database');

sub content {
    my ($path) = @_;
    open my $file, '<:raw', $path or die "$path: $!\n";
    local $/;
    return scalar <$file>;
}

sub is_time {
    my ($got, $seconds, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is($got, rfc3339($seconds), $name);
}

# The time of the first line that a worker has logged.
sub first_line {
    my ($worker) = @_;
    is_status($worker->request({}), 200, 'a worker runs');
    return $worker->log =~ /\Atime=(\S+)/;
}

subtest 'only in programs for tests' => sub {
    for my $name (qw(setlink setlink.fcgi)) {
        unlike(content(program($name)), qr/test-clock/,
            "$name knows no clock for tests");
        like(content(program("t/clock/$name")), qr/test-clock/,
            "but t/clock/$name does");
    }
    my $settings = scratch() . '/settings';
    open my $file, '>', $settings or die "$settings: $!\n";
    close $file or die "$settings: $!\n";
    Setlink::Clock->at($settings)->set($EVENING);
    my %settings = (%SETTINGS, SETLINK_ENV_FILE => $settings);
    isnt(first_line(Setlink::FastCGI->start(%settings)), rfc3339($EVENING),
        'and does not read its file');
    my $worker = Setlink::FastCGI->start_with_clock(%settings);
    is_time(first_line($worker), $EVENING, 'the others do');
    $worker->clock->move(-0.5);
    is($worker->clock->now, $EVENING - 0.5, 'it is moved');
};

my $instance = Setlink::Instance->start(clock => 1, settings => {
    SESSION_RECORDER_SYNC_INTERVAL => 3600 });

# A set that starts at `begin` and ends at `end` of the clock.
sub play {
    my ($begin, $end) = @_;
    $instance->clock_set($begin);
    my $id = start_set($instance);
    $instance->clock_set($end);
    return end_set($instance, $id);
}

sub plays {
    my ($begin, $end, $name) = @_;
    my $set = play($begin, $end);
    is_time($set->{started_at}, $begin, "$name: the start");
    is_time($set->{ended_at}, $end, "$name: the end");
    return;
}

subtest 'it moves' => sub {
    $instance->clock_set($EVENING);
    my $dj = $instance->request('POST', '/api/djs/register',
        { name => 'Clock' })->{json};
    is_time($dj->{registered_at}, $EVENING, 'it stands still');
    $instance->clock_move(1800.25);
    is_time($instance->request('POST', '/api/sessions/start',
        { dj_id => $dj->{id} })->{json}{started_at}, $EVENING + 1800.25,
        'until it is moved');
    is($instance->clock_now, $EVENING + 1800.25, 'it can be asked');
    is_time(($instance->log('worker') =~ /^time=(\S+)/mg)[-1],
        $EVENING + 1800.25, 'and the log has it too');
};

subtest 'days' => sub {
    my $midnight = timegm(0, 0, 0, 1, 0, 2027);
    plays($midnight - 1e-6, $midnight, 'midnight, and a new year');
    plays(timegm(0, 30, 23, 28, 1, 2028), timegm(0, 30, 0, 29, 1, 2028),
        'a leap day');
    # 03:00 summer time is 02:00 then: two sets begin at half past two.
    my $change = timegm(0, 0, 1, 25, 9, 2026);
    plays($change - 1800, $change + 1800, 'the end of summer time');
    plays($change + 1800, $change + 5400, 'the hour that is there twice');
    $change = timegm(0, 0, 1, 28, 2, 2027);
    plays($change - 1800, $change + 1800, 'the beginning of summer time');
    my @times = map { "$_->[0] $_->[1]" } $instance->query(
        'SELECT started_at, ended_at FROM sessions'
            . ' WHERE started_at LIKE "2027-03-28%"');
    is("@times", '2027-03-28 00:30:00.000000 2027-03-28 01:30:00.000000',
        'the database has UTC');
};

subtest 'a clock that is set back' => sub {
    my $set = play($EVENING, $EVENING - 3600);
    is_time($set->{started_at}, $EVENING, 'the start stays');
    is_time($set->{ended_at}, $EVENING, 'the end is not before it');
    is_problem($instance->request('POST', '/api/sessions/end',
        { session_id => $set->{id} }), 409, qr/ended already/,
        'and it has ended');
    my $dj = new_dj($instance);
    my @ids;
    for my $at ($EVENING + 3600, $EVENING - 3600) {
        $instance->clock_set($at);
        push @ids, $instance->request('POST', '/api/sessions/start', {
            dj_id => @ids ? new_dj($instance) : $dj, room => 'hall',
            end_current => JSON::PP::true() })->{json}{id};
    }
    is_deeply([$instance->query('SELECT started_at, ended_at FROM sessions'
        . " WHERE HEX(id) = '" . uc($ids[0] =~ tr/-//dr) . "'")],
        [[('2026-11-21 22:30:00.000000') x 2]],
        'a start ends a set that has not begun yet');
};

# MinIO keeps the real time, and refuses what is signed for another.
subtest 'MinIO' => sub {
    $instance->clock_set($EVENING + 365 * 86_400);
    my $now = $instance->clock_now;
    my $recording = new_recording(start => $now, end => $now + 3600);
    my $set = play($now, $now + 3600);
    $instance->record($recording);
    is_deeply([$instance->query('SELECT first_seen_at FROM recordings')],
        [['2027-11-21 22:30:00.000000']], 'the index is refreshed');
    my $answer = $instance->request('GET',
        "/api/session-recorder/download/$set->{id}/ogg");
    is(HTTP::Tiny->new->get($answer->{json}{url} // '')->{content},
        "ogg of $recording->{id}", 'and a link is good')
        or diag($answer->{content});
};

$instance->stop;
$instance->is_clean;
done_testing;
