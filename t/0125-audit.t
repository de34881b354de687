# SPDX-License-Identifier: MIT
# The audit: a row for each action of an admin, whatever comes of it.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::SHA qw(sha256_hex);
use IPC::Open2;
use JSON::PP ();
use Setlink::Command qw(setlink);
use Setlink::Database;
use Setlink::FastCGI;
use Setlink::Recordings qw(rfc3339 uuid_of);
use Setlink::Routes qw(admin_routes target_of);
use Setlink::Shape qw(is_status is_problem is_shape);
use Test::More;
use Time::HiRes qw(sleep);

my $database = Setlink::Database->start;
my %settings = ($database->prepare);

my $user = getpwuid $<;
my $worker = Setlink::FastCGI->start(%settings);
my $token;

sub rows { return $database->query($settings{SETLINK_DB_NAME}, $_[0]) }

# A request of the club's desk, with the token once there is one.
sub ask {
    my ($method, $target, $body, %variables) = @_;
    my $text = defined $body ? JSON::PP->new->utf8->encode($body) : '';
    return $worker->request({
        REQUEST_METHOD => $method,
        REQUEST_URI    => $target,
        REMOTE_ADDR    => defined $token ? '192.0.2.7' : '127.0.0.1',
        CONTENT_LENGTH => length $text,
        $text ne '' ? (CONTENT_TYPE => 'application/json') : (),
        defined $token ? (HTTP_AUTHORIZATION => "Bearer $token") : (),
        %variables,
    }, $text);
}

sub count { return (rows('SELECT COUNT(*) FROM audit'))[0][0] }

sub newest { return ask('GET', '/api/admin/audit?limit=1')->{json}[0] }

# Test some members of the newest row.
sub is_newest {
    my ($want, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $row = newest();
    return is_deeply({ map { $_ => $row->{$_} } keys %$want }, $want, $name);
}

sub new_dj {
    my ($name) = @_;
    my $answer = ask('POST', '/api/djs/register', { name => $name });
    die "$answer->{status} $answer->{content}\n" if $answer->{status} != 200;
    return $answer->{json}{id};
}

subtest 'the command line' => sub {
    my @create = setlink(\%settings, 'token', 'create', 'Anna "A" \\',
        '--until', '2099-01-01T00:00:00Z');
    is($create[0], 0, 'a token is made');
    chomp($token = $create[1]);
    my $row = newest();
    is_shape($row, 'audit', 'it has a row');
    is_newest({ who => "command line ($user)", client => undef,
        request_id => undef, action => 'setlink token create', status => 200,
        detail => 'name="Anna \\"A\\" \\\\" until=2099-01-01T00:00:00Z' },
        'that tells of it');
    is((setlink(\%settings, 'token', 'create', 'Anna "A" \\'))[0], 1,
        'once more');
    is_newest({ action => 'setlink token create', status => 409 }, 'too');
    is((setlink(\%settings, 'token', 'revoke', 'Bert'))[0], 1, 'no such token');
    is_newest({ action => 'setlink token revoke', detail => 'name="Bert"',
        status => 404 }, 'too');
    my $before = count();
    is((setlink(\%settings, 'token', 'create', ''))[0], 1, 'an empty name');
    is((setlink(\%settings, 'token', 'list'))[0], 0, 'the list');
    is(count(), $before, 'has none, nor what is malformed');
};

subtest 'an action' => sub {
    my $dj = new_dj("Zo\xc3\xab");
    my $answer = ask('PUT', '/api/djs/' . uc $dj,
        { name => "Zo\x{eb} \"2\"", weight => 1.5,
            is_active => JSON::PP::true(), email => 'zoe@secret.example',
            other => 'x' }, HTTP_X_REQUEST_ID => 'req-1');
    is_status($answer, 200, 'a change');
    is_newest({ who => 'Anna "A" \\', client => '192.0.2.7', status => 200,
        request_id => 'req-1', action => "PUT /api/djs/$dj",
        detail => "name=\"Zo\x{eb} \\\"2\\\"\" email=(given) weight=1.5"
            . ' is_active=true' }, 'has a row');
    is_shape(newest(), 'audit', 'of the documented shape');
    is_status(ask('POST', "/api/sessions/start?dj_id=ignored",
        { dj_id => $dj, room => 'hall', session_type => 'solo' }), 200,
        'a start');
    is_newest({ action => 'POST /api/sessions/start', status => 200,
        detail => "dj_id=$dj session_type=solo room=\"hall\"" }, 'has a row');
    is_status(ask('POST', '/api/sessions/start', { dj_id => $dj }), 409,
        'once more');
    is_newest({ action => 'POST /api/sessions/start', status => 409 },
        'has one that tells it was refused');
    my $id = ask('GET', '/api/sessions/current')->{json}{id};
    is_status(ask('POST', "/api/sessions/end?session_id=$id"), 200, 'the end');
    is_newest({ detail => "session_id=$id" }, 'a parameter of the query');
    is_status(ask('POST', '/api/sessions', { dj_id => $dj,
        started_at => '2026-01-01T22:00:00+01:00',
        ended_at => '2026-01-01T23:00:00+01:00' }), 200, 'a set of the past');
    is_newest({ detail => "dj_id=$dj started_at=2026-01-01T21:00:00Z"
            . ' ended_at=2026-01-01T22:00:00Z' }, 'times in UTC');
    is_status(ask('DELETE', '/api/djs/' . uuid_of(1, 1)), 404, 'no such DJ');
    is_newest({ action => 'DELETE /api/djs/' . uuid_of(1, 1), detail => '',
        status => 404 }, 'has a row');
    my @link = map { uuid_of($_, $_) } 1 .. 3;
    is_status(ask('POST', '/api/session-recorder/link/' . join('/', @link)
        . '?force=true'), 404, 'no such recording');
    is_newest({ action => 'POST /api/session-recorder/link/'
            . join('/', @link), detail => 'force=true' }, 'a long path');
};

subtest 'every admin route' => sub {
    for my $route (grep { $_->{method} ne 'GET' } admin_routes()) {
        my $id = uuid_of(7, 7);
        my $target = target_of($route->{path});
        my $before = count();
        my $answer = ask($route->{method}, $target,
            { dj_id => $id, session_id => $id, new_position => 1,
                started_at => rfc3339(time - 60),
                dj_ids => [$id, uuid_of(8, 8)], duration_minutes => 60 });
        isnt($answer->{status}, 400, "$route->{method} $target")
            or diag($answer->{content});
        is(count(), $before + 1, 'has one row');
        is_newest({ action => "$route->{method} $target",
            status => $answer->{status} }, 'with its status');
    }
};

subtest 'what has no row' => sub {
    my $before = count();
    my $dj = uuid_of(1, 1);
    for my $method (qw(GET HEAD OPTIONS)) {
        like(ask($method, '/api/admin/audit')->{status}, qr/\A20[04]\z/,
            $method);
    }
    is_problem(ask('POST', '/api/lottery/reset', undef,
        HTTP_AUTHORIZATION => 'Bearer wrong'), 401, qr/wrong/, 'a wrong token');
    is_problem(ask('POST', '/api/lottery/reset', undef,
        HTTP_AUTHORIZATION => undef), 403, qr/token/, 'no token');
    is_problem(ask('PUT', '/api/djs/x', {}), 400, qr/\Aid:/, 'a bad id');
    is_problem(ask('PUT', "/api/djs/$dj", { weight => -1 }), 400,
        qr/\Aweight:/, 'a bad weight');
    is_problem(ask('POST', '/api/sessions/start', undef,
        CONTENT_LENGTH => 2), 400, qr/\Abody:/, 'half a body');
    is_problem(ask('PATCH', "/api/djs/$dj"), 405, qr/method/, 'no method');
    new_dj('Of the public');
    is(count(), $before, 'there is no row more');
};

subtest 'a long detail' => sub {
    my $dj = new_dj('Long');
    my %set = (dj_id => $dj, started_at => '2026-01-02T21:00:00Z',
        ended_at => '2026-01-02T21:01:00Z');
    is_status(ask('POST', '/api/sessions', { %set,
        room => "\x{1f3a7}" x 90 }), 200, 'a long room');
    like(newest()->{detail}, qr/ room="\x{1f3a7}{90}"\z/, 'is whole');
    for my $pad (1 .. 4) {
        is_status(ask('POST', '/api/sessions', { %set, session_type => 'solo',
            room => 'x' x $pad . "\x{1f3a7}" x 96 }), 200, 'a longer one');
        my $detail = newest()->{detail};
        like($detail, qr/ room="x{$pad}\x{1f3a7}+\x{2026}\z/,
            'is cut between two characters');
        utf8::encode($detail);
        ok(length $detail <= 500 && length $detail > 496, 'at the limit')
            or diag(length $detail);
    }
};

subtest 'the list' => sub {
    my @all = @{ ask('GET', '/api/admin/audit')->{json} };
    is(scalar @all, count(), 'has all rows');
    is_deeply([map { $_->{at} } @all],
        [reverse sort map { $_->{at} } @all], 'newest first');
    my ($target, @paged) = '/api/admin/audit?limit=7';
    while (defined $target) {
        my $answer = ask('GET', $target);
        push @paged, @{ $answer->{json} };
        ($target) = ($answer->{headers}{link} // '')
            =~ m{\A<http://localhost:3000(/[^>]+)>; rel="next"\z};
    }
    is_deeply(\@paged, \@all, 'by pages, too');
    is_problem(ask('GET', "/api/admin/audit?$_"), 400, qr/\A(?:limit|cursor):/,
        $_) for 'limit=0', 'limit=1001', 'limit=x', 'cursor=x', 'cursor=',
            'limit=1&limit=2';
    is_problem(ask('GET', '/api/admin/audit', undef,
        HTTP_AUTHORIZATION => undef), 403, qr/token/, 'not for the public');
    is_problem(ask('GET', '/api/admin/audit', undef,
        HTTP_AUTHORIZATION => 'Bearer x'), 401, qr/wrong/, 'nor for guesses');
    my $text = join "\n", map { join "\t", @$_ } rows('SELECT * FROM audit');
    unlike($text, qr/secret\.example|$token/, 'nothing private is in it');
};

subtest 'no row, no action' => sub {
    rows('RENAME TABLE audit TO audit_away');
    my $dj = new_dj('Safe');
    is_problem(ask('PUT', "/api/djs/$dj", { name => 'Lost' }), 503,
        qr/\Anothing was done.*migrate/, 'it cannot be written');
    is(ask('GET', "/api/djs/$dj")->{json}{name}, 'Safe', 'nothing was done');
    my ($status, $out, $err) = setlink(\%settings, 'token', 'create', 'Carl');
    is("$status $out", '69 ', 'nor at the command line');
    rows('RENAME TABLE audit_away TO audit');
    is_status(ask('PUT', "/api/djs/$dj", { name => 'Found' }), 200,
        'now it is');
    is((rows("SELECT COUNT(*) FROM admin_tokens WHERE name = 'Carl'"))[0][0],
        0, 'no token was made');
};

# Hold the row of a DJ from another connection, until it is closed.
sub hold {
    my ($dj) = @_;
    my $pid = open2(my $out, my $in, 'mariadb',
        "--defaults-file=$database->{dir}/my.cnf", '--batch', '--unbuffered',
        '--skip-column-names', $settings{SETLINK_DB_NAME});
    my $id = $dj =~ tr/-//dr;
    print {$in} "START TRANSACTION;\n"
        . "SELECT name FROM djs WHERE id = UNHEX('$id') FOR UPDATE;\n";
    $in->flush;
    die "the row cannot be held\n" if !defined readline $out;
    return sub { close $in; close $out; waitpid $pid, 0; return };
}

subtest 'an action that is cut off' => sub {
    my $dj = new_dj('Held');
    my $release = hold($dj);
    my $before = count();
    my $victim = Setlink::FastCGI->start(%settings);
    my $socket = $victim->dial;
    my $body = '{"name":"Half"}';
    syswrite $socket, Setlink::FastCGI::request_bytes(
        Setlink::FastCGI::variables(REQUEST_METHOD => 'PUT',
            REQUEST_URI => "/api/djs/$dj", CONTENT_TYPE => 'application/json',
            CONTENT_LENGTH => length $body,
            HTTP_AUTHORIZATION => "Bearer $token"), $body);
    for (1 .. 1000) {
        last if count() > $before;
        sleep 0.02;
    }
    kill 'KILL', $victim->pid;
    is($victim->wait_end, 128 + 9, 'the worker is killed');
    is_newest({ who => 'Anna "A" \\', action => "PUT /api/djs/$dj",
        detail => 'name="Half"', status => undef },
        'nobody knows how it ended');
    $release->();
    is(ask('GET', "/api/djs/$dj")->{json}{name}, 'Held', 'it was not done');
    is_newest({ action => "PUT /api/djs/$dj", status => undef },
        'and the row stays');
};

subtest 'without a token' => sub {
    is((setlink(\%settings, 'token', 'revoke', 'Anna "A" \\'))[0], 0,
        'the token is revoked');
    undef $token;
    is_newest({ action => 'setlink token revoke', status => 200 },
        'which has a row');
    is_status(ask('POST', '/api/lottery/reset'), 200, 'an action on loopback');
    is_newest({ who => 'loopback', client => '127.0.0.1', detail => '',
        action => 'POST /api/lottery/reset', status => 200 }, 'has one');
};

subtest 'with the token of the setting' => sub {
    $token = 'secret';
    $worker = Setlink::FastCGI->start(%settings,
        SETLINK_ADMIN_TOKEN_HASH => sha256_hex($token));
    is_status(ask('POST', '/api/lottery/reset'), 200, 'an action');
    is_newest({ who => 'SETLINK_ADMIN_TOKEN_HASH' }, 'is by that name');
};

unlike($worker->log, qr/Sanitizer|runtime error:/, 'no sanitizer complained');
done_testing;
