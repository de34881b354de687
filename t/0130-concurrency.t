# SPDX-License-Identifier: MIT
# Two hundred requests at the same time over four workers: what may be there
# only once is there once, and nothing is lost.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use Setlink::Instance;
use Setlink::Night qw(new_dj new_set new_recording link_target);
use Setlink::Recordings qw(recording_objects);
use Test::More;

my $HOUR = 3600;
my $BASE = '/api/session-recorder';
my $now  = int time;
my $noon = $now - 20 * 24 * $HOUR;

my $instance = Setlink::Instance->start(workers => 4,
    settings => { SESSION_RECORDER_SYNC_INTERVAL => 3600 });

# How often each status was answered, as "200: 1, 409: 199".
sub statuses {
    my (@answers) = @_;
    my %count;
    $count{ $_->{status} }++ for @answers;
    return join ', ', map { "$_: $count{$_}" } sort keys %count;
}

# The number in the first row of an answer of the database.
sub number_of { return ($instance->query($_[0]))[0][0] }

sub start_request { return ['POST', '/api/sessions/start', { dj_id => $_[0] }] }

# DJs who have more than one active session.
my $DOUBLE_STARTS = 'SELECT COUNT(*) FROM (SELECT dj_id FROM sessions'
    . ' WHERE ended_at IS NULL GROUP BY dj_id HAVING COUNT(*) > 1) x';

# Pairs of sets on one recording that overlap by more than the tolerance, and
# could be in one room.
my $OVERLAPS = 'SELECT COUNT(*) FROM session_recordings l'
    . ' JOIN session_recordings m ON m.recorder_id = l.recorder_id'
    . ' AND m.recording_id = l.recording_id AND m.session_id > l.session_id'
    . ' JOIN sessions s ON s.id = l.session_id'
    . ' JOIN sessions t ON t.id = m.session_id'
    . ' WHERE COALESCE(s.room <> t.room, 0) = 0'
    . ' AND TIMESTAMPDIFF(SECOND, GREATEST(s.started_at, t.started_at),'
    . ' LEAST(COALESCE(s.ended_at, UTC_TIMESTAMP(6)),'
    . ' COALESCE(t.ended_at, UTC_TIMESTAMP(6)))) > 300';

subtest 'registering' => sub {
    my @answers = $instance->parallel(map { ['POST', '/api/djs/register',
            { name => $_ % 2 ? 'Same Name' : "SAM\x{c9} NAME" }] } 1 .. 200);
    is(statuses(@answers), '200: 1, 409: 199', 'a name is registered once');
};

subtest 'starting' => sub {
    my $dj = new_dj($instance);
    is(statuses($instance->parallel((start_request($dj)) x 200)),
        '200: 1, 409: 199', 'a DJ starts once');
    my @djs = map { new_dj($instance) } 1 .. 20;
    is(statuses($instance->parallel(map { start_request($djs[$_ % 20]) }
            1 .. 200)), '200: 20, 409: 180', 'each of twenty starts once');
    is(number_of($DOUBLE_STARTS), 0, 'no DJ has two active sessions');
    my ($id) = map { $_->{id} } @{ $instance->request('GET',
            '/api/sessions?limit=1')->{json} };
    is(statuses($instance->parallel((['POST', '/api/sessions/end',
            { session_id => $id }]) x 100)), '200: 1, 409: 99',
        'a session ends once');
    is(statuses($instance->parallel(map { ['POST', '/api/sessions/start',
            { dj_id => $djs[$_ % 20], room => 'hall',
                end_current => JSON::PP::true() }] } 1 .. 100)) =~ s/: \d+//gr,
        '200, 409', 'starting in place of each other is refused or done');
    is(number_of("SELECT COUNT(*) FROM sessions WHERE room = 'hall'"
            . ' AND ended_at IS NULL'), 1, 'and one set plays in the room');
    is(number_of($DOUBLE_STARTS), 0, 'no DJ has two active sessions');
    $instance->query('UPDATE sessions SET ended_at = UTC_TIMESTAMP(6),'
        . ' active_dj_id = NULL WHERE ended_at IS NULL');
};

subtest 'linking one recording' => sub {
    my $recording = new_recording(start => $noon - $HOUR, end => $noon);
    $instance->record($recording);
    my @ids = map { new_set($instance, $noon - 10 * $HOUR,
            $noon - 9 * $HOUR) } 1 .. 40;
    my @links = map { ['POST', link_target($ids[$_ % 40], $recording)] }
        1 .. 200;
    my @answers = $instance->parallel(@links);
    like(statuses(@answers), qr/\A200: [1-5], 409: \d+\z/,
        'sets of the same time: one gets it');
    is(number_of('SELECT COUNT(*) FROM session_recordings'), 1, 'only one');
    is(number_of($OVERLAPS), 0, 'no two overlap');
    $_->[1] .= '?force=true' for @links;
    is(statuses($instance->parallel(@links)), '200: 200',
        'with force each gets it in turn');
    is(number_of('SELECT COUNT(*) FROM session_recordings'), 1,
        'and the last one has it');
};

subtest 'linking automatically' => sub {
    my $begin = $noon - 30 * $HOUR;
    my @ids = map { new_set($instance, $begin, $begin + $HOUR) } 1 .. 20;
    my $one = new_recording(start => $begin + 1, end => $begin + $HOUR);
    $instance->put(recording_objects($one));
    my @answers = $instance->parallel(
        (['POST', "$BASE/sync"]) x 4,
        map { ['POST', "$BASE/auto-link/$ids[$_ % 20]"] } 1 .. 196);
    unlike(statuses(@answers), qr/5\d\d/, 'all are answered');
    $instance->sync;
    is(statuses($instance->parallel(map { ['POST', "$BASE/auto-link/$_"] }
            @ids)), '200: 20', 'all are asked again');
    is(number_of("SELECT COUNT(*) FROM session_recordings"
        . " WHERE HEX(recording_id) = '" . ($one->{id} =~ tr/-//dr) . "'"), 1,
        'sets of the same time: one has it');
    is(number_of($OVERLAPS), 0, 'no two overlap');
};

# Every link is made, while sets start and the index is refreshed.
subtest 'all of it' => sub {
    my @night = map { $now - (2 * $_ + 1) * $HOUR } 1 .. 60;
    my @recordings = map { new_recording(start => $_, end => $_ + $HOUR) }
        @night;
    my @ids = map { new_set($instance, $_, $_ + $HOUR) } @night;
    my @djs = map { new_dj($instance) } 1 .. 40;
    $instance->record(@recordings[0 .. 29]);
    $instance->put(map { recording_objects($_) }
        @recordings[30 .. 59]);
    my @requests = (
        (map { start_request($djs[$_ % 40]) } 1 .. 120),
        (map { ['POST', link_target($ids[$_], $recordings[$_])] } 0 .. 29),
        (map { ['POST', "$BASE/auto-link/$ids[$_]"] } 30 .. 59),
        (['POST', "$BASE/sync"]) x 20,
    );
    my @order = sort { $a * 7919 % 200 <=> $b * 7919 % 200 } 0 .. 199;
    my @answers;
    @answers[@order] = $instance->parallel(@requests[@order]);
    is(statuses(@answers[0 .. 119]), '200: 40, 409: 80', 'forty sets start');
    is(statuses(@answers[120 .. 149]), '200: 30', 'thirty links are made');
    is(statuses(@answers[150 .. 179]), '200: 30', 'thirty are looked for');
    like(statuses(@answers[180 .. 199]), qr/\A20[02]: /,
        'the index is refreshed')
        or diag(map { "$_->{content}\n" } @answers[180 .. 199]);
    $instance->sync;
    my %linked = map { @$_ } $instance->query('SELECT HEX(session_id),'
        . ' HEX(recording_id) FROM session_recordings');
    my @lost = grep {
        my ($set, $recording) = map { uc tr/-//dr } $ids[$_],
            $recordings[$_]{id};
        ($linked{$set} // '') ne $recording
    } 0 .. 59;
    is("@lost", '', 'no link is lost');
    is(number_of($DOUBLE_STARTS), 0, 'no DJ has two active sessions');
    is(number_of($OVERLAPS), 0, 'no two sets overlap on one recording');
    is(number_of('SELECT COUNT(*) FROM recordings r WHERE is_linked <>'
        . ' EXISTS (SELECT 1 FROM session_recordings l WHERE l.recorder_id ='
        . ' r.recorder_id AND l.recording_id = r.id)'), 0,
        'it is known which recordings are linked');
    unlike($instance->log('worker'), qr/status=500/, 'there was no error');
};

$instance->stop;
$instance->is_clean;
done_testing;
