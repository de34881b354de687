# SPDX-License-Identifier: MIT
# HTTP tests of what is answered while MinIO or the database is away, and with
# the integration switched off. The last group: it changes the settings.
package Setlink::HttpSuite::Outage;

use strict;
use warnings;

use Setlink::Night qw(new_dj new_set new_recording);
use Setlink::Routes qw(all_routes target_of);
use Setlink::Shape qw(is_shape is_status is_problem);
use Test::More;
use Time::HiRes qw(sleep);

my $BASE = '/api/session-recorder';

# A server that neither answers nor refuses.
sub freeze { kill 'STOP', $_[0]->pid($_[1]); return }
sub thaw   { kill 'CONT', $_[0]->pid($_[1]); return }

# End a server of the instance for good.
sub end_server {
    my ($i, $name) = @_;
    my $pid = $i->pid($name);
    kill 'TERM', $pid;
    sleep 0.02 while kill 0, $pid;
    return;
}

# What the index can answer.
sub is_served {
    my ($i, $id) = @_;
    my $list = $i->request('GET', "$BASE/available-sessions?limit=1");
    is_status($list, 200, 'the recordings are listed');
    is(scalar @{ $list->{json} }, 1, 'from the index');
    is_shape($i->request('GET', "$BASE/download/$id/ogg")->{json}, 'download',
        'download addresses are made');
    is_shape($i->request('GET', "$BASE/session/$id")->{json},
        'recorded_session', 'the set is shown');
    is_status($i->request('POST', "$BASE/auto-link/$id"), 200,
        'sets are linked');
    is_status($i->request('GET', '/ready?for=traffic'), 200,
        'it can take traffic');
    return;
}

sub is_not_ready {
    my ($i, $what) = @_;
    my $ready = $i->request('GET', '/ready');
    is_status($ready, 503, 'it is not ready');
    ok(!$ready->{json}{$what}{ok}, "and says that it is $what");
    ok($ready->{headers}{'retry-after'}, 'and when to ask again');
    return;
}

# So that each of the requests finds the index old, and starts a refresh.
sub age_index {
    my ($i) = @_;
    $i->query('UPDATE sync_state SET asked_at = NULL,'
        . ' finished_at = UTC_TIMESTAMP(6) - INTERVAL 3 HOUR');
    return;
}

# A frozen server holds whoever waits for it until somebody gives up. Each
# answer has to come without that, so within the time that a test has anyway.
sub test_minio {
    my ($i, $id) = @_;
    freeze($i, 'minio');
    age_index($i);
    my $begin = time;
    is_served($i, $id);
    is_not_ready($i, 'minio');
    ok(time - $begin < 15, 'none of it waits for MinIO');
    thaw($i, 'minio');
    end_server($i, 'minio');
    is_served($i, $id);
    my $sync = $i->request('POST', "$BASE/sync");
    is_problem($sync, 503, qr/./, 'a refresh is impossible');
    ok($sync->{headers}{'retry-after'}, 'and says when to ask again');
    return;
}

sub test_database {
    my ($i, $id) = @_;
    end_server($i, 'mariadb');
    is_status($i->request('GET', '/health'), 200, 'it lives without database');
    is_not_ready($i, 'database');
    like($i->request('GET', '/ready')->{json}{index}{detail}, qr/\Anot known/,
        'and nothing of the index');
    my $metrics = $i->request('GET', '/metrics');
    is_status($metrics, 200, 'and still tells numbers');
    like($metrics->{content}, qr/^setlink_up 0\n\z/m, 'of which one says so');
    is_status($i->request('GET', '/ready?for=traffic'), 503,
        'it cannot take traffic');
    for my $request (['GET', '/api/djs'], ['GET', "/api/djs/$id"],
        ['POST', '/api/djs/register', { name => 'x' }],
        ['GET', '/api/sessions/current'], ['GET', "/api/sessions/$id"],
        ['POST', '/api/sessions/start', { dj_id => $id }],
        ['GET', "$BASE/available-sessions"], ['GET', "$BASE/download/$id/ogg"],
        ['POST', "$BASE/auto-link/$id"], ['POST', "$BASE/sync"]) {
        my $answer = $i->request(@$request);
        is_problem($answer, 503, qr/database/, "@$request[0, 1] says so");
        ok($answer->{headers}{'retry-after'}, 'and when to ask again');
    }
    is_problem($i->request('POST', "$BASE/events", { Records => [] },
        authorization => 'Bearer ' . $i->env('SETLINK_EVENTS_TOKEN')), 503,
        qr/database/, 'events are to come again');
    return;
}

sub test_disabled {
    my ($i, $id) = @_;
    $i->configure({ SESSION_RECORDER_ENABLED => 'false' });
    for my $route (grep { $_->{path} =~ /recorder/ } all_routes()) {
        my $target = target_of($route->{path}, session_id => $id);
        is_problem($i->request($route->{method}, $target), 404,
            qr/SESSION_RECORDER_ENABLED/, "$route->{method} $target is off");
    }
    my $ready = $i->request('GET', '/ready');
    is_status($ready, 200, 'it is ready');
    is($ready->{json}{minio}, undef, 'without MinIO');
    is_shape($i->request('GET', "/api/sessions/$id")->{json}, 'session',
        'a set is shown');
    my $dj = new_dj($i, 'Without Recorder');
    my $start = $i->request('POST', '/api/sessions/start', { dj_id => $dj });
    is_shape($start->{json}, 'session', 'a set starts');
    is_status($i->request('POST', '/api/sessions/end',
        { session_id => $start->{json}{id} }), 200, 'and ends');
    return;
}

sub tests {
    my ($i) = @_;
    my $begin = int(time) - 200 * 86_400;
    $i->record(new_recording(start => $begin, end => $begin + 60));
    my $id = new_set($i, $begin, $begin + 60);
    test_minio($i, $id);
    test_database($i, $id);
    test_disabled($i, $id);
    return;
}

1;
