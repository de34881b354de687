# SPDX-License-Identifier: MIT
# Who may call admin routes: with a token, and without one.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Setlink::Instance;
use Setlink::Night qw(new_set new_recording);
use Setlink::Routes qw(all_routes admin_routes target_of);
use Setlink::Shape qw(is_status is_problem);
use Test::More;

my $instance = Setlink::Instance->start(token => 1, workers => 3,
    settings => { SETLINK_TRUSTED_PROXIES => '127.0.0.0/8, ::1' });
my $token = $instance->env('SETLINK_ADMIN_TOKEN');
my $LIST = '/api/session-recorder/available-sessions';

sub with { return (authorization => "Bearer $_[0]") }

sub try_token { return $instance->request('GET', $LIST, undef, with($_[0])) }

sub forget_failures { return $instance->query('DELETE FROM address_counts') }

sub failures {
    return ($instance->query(
            'SELECT COALESCE(SUM(count), 0) FROM address_counts'))[0][0];
}

subtest 'with a token' => sub {
    ok(length $token >= 32, 'there is a token');
    for my $route (admin_routes()) {
        my @request = ($route->{method}, target_of($route->{path}));
        my $none = $instance->request(@request);
        is_problem($none, 401, qr/\AAuthorization:/, "@request without it");
        like($none->{headers}{'www-authenticate'}, qr/\ABearer /,
            'says what is wanted');
        my $wrong = $instance->request(@request, undef, with("x$token"));
        is_problem($wrong, 401, qr/wrong/, 'with a wrong one');
        ok($wrong->{headers}{'www-authenticate'}, 'says what is wanted');
        my $right = $instance->request(@request, undef, with($token));
        unlike($right->{status}, qr/\A(?:401|403|429|5..)\z/,
            'with the right one');
        forget_failures();
    }
    for my $route (grep { $_->{access} eq 'machine' } all_routes()) {
        my @request = ($route->{method}, target_of($route->{path}), undef);
        my @far = ('x-forwarded-for' => '192.0.2.1');
        is_status($instance->request(@request), 200,
            "@request[0, 1] is for the machine, too");
        is_problem($instance->request(@request, @far), 401,
            qr/\AAuthorization:/, 'but for no other');
        is_problem($instance->request(@request, @far, with("x$token")), 401,
            qr/wrong/, 'with a wrong token');
        is_status($instance->request(@request, @far, with($token)), 200,
            'with the right one');
        forget_failures();
    }
    for my $route (grep { $_->{access} eq 'public' } all_routes()) {
        my @request = ($route->{method}, target_of($route->{path}));
        unlike($instance->request(@request)->{status}, qr/\A(?:401|403)\z/,
            "@request is for all");
    }
};

subtest 'two tokens' => sub {
    my @events = ('POST', '/api/session-recorder/events', { Records => [] });
    my $other = $instance->env('SETLINK_EVENTS_TOKEN');
    isnt($other, $token, 'the events have a token of their own');
    is_problem($instance->request(@events, with($other)), 400, qr/Records/,
        'which opens their route');
    is_problem($instance->request(@events, with($token)), 401, qr/wrong/,
        'as that of the admins does not');
    is_problem(try_token($other), 401, qr/wrong/, 'and no other route');
    is(failures(), 2, 'both are counted');
    forget_failures();
    is_problem($instance->request(@events, with("old $_")), 401, qr/wrong/,
        "an old token of the events: $_") for 1 .. 10;
    is_problem($instance->request(@events, with($other)), 429, qr/too many/,
        'closes their route');
    is_status(try_token($token), 200, 'but keeps no admin out');
    forget_failures();
    try_token("guess $_") for 1 .. 10;
    is_problem(try_token($token), 429, qr/too many/,
        'wrong tokens of admins');
    is_problem($instance->request(@events, with($other)), 400, qr/Records/,
        'keep no event out');
    forget_failures();
};

subtest 'forms of the token' => sub {
    is_status(try_token($token), 200, 'as it is');
    is_status($instance->request('GET', $LIST, undef,
        authorization => "bearer  $token"), 200, 'the scheme in lower case');
    is_problem($instance->request('GET', $LIST, undef,
        authorization => $_), 401, qr/required/, "'$_' is no token")
        for 'Bearer', 'Basic eDp5', 'Token x', $token;
    is_problem($instance->request('GET', "$LIST?token=$token"
        . "&access_token=$token"), 401, qr/required/, 'never in an address');
    is(failures(), 0, 'none of these counts as a wrong one');
    is_problem(try_token($_), 401, qr/wrong/, 'a wrong one')
        for uc "$token-A", substr($token, 1), "$token$token", 'x' x 4_000,
            $instance->env('SETLINK_ADMIN_TOKEN_HASH');
    forget_failures();
    is_status($instance->request('GET', $LIST, undef, with($token),
        host => 'evil.example', 'x-forwarded-for' => '192.0.2.1',
        'sec-fetch-site' => 'cross-site'), 200, 'a token is enough');
};

subtest 'what admins see' => sub {
    my @register = ('POST', '/api/djs/register',
        { name => 'Secret', email => 's@x.example' });
    my $new = $instance->request(@register);
    is_status($new, 200, 'a DJ registers');
    is($new->{json}{email}, undef, 'and is not told the e-mail address');
    $register[2]{name} = 'Secret Two';
    is($instance->request(@register, with($token))->{json}{email},
        's@x.example', 'an admin who registers a DJ is');
    my $public = $instance->request('GET', '/api/djs')->{json}[0];
    is($public->{email}, undef, 'the public sees no e-mail address');
    my $admin = $instance->request('GET', '/api/djs', undef, with($token));
    is($admin->{json}[0]{email}, 's@x.example', 'an admin does');
    my $wrong = $instance->request('GET', '/api/djs', undef, with('wrong'));
    is_status($wrong, 200, 'a wrong token does not close a public route');
    is($wrong->{json}[0]{email}, undef, 'but opens nothing');
    forget_failures();
};

subtest 'too many wrong ones' => sub {
    for my $n (1 .. 10) {
        is_problem(try_token("guess $n"), 401, qr/wrong/, "guess $n");
    }
    is(failures(), 10, 'they are counted in the database');
    my $last = try_token('guess 11');
    is_problem($last, 429, qr/too many/, 'the next one is too many');
    ok($last->{headers}{'retry-after'}, 'it is told when to come again');
    for (1 .. 12) {
        is_problem(try_token($token), 429, qr/too many/,
            'the right one is refused too, by every worker');
    }
    is_status($instance->request('GET', '/api/djs'), 200,
        'public routes are open');
    is_status($instance->request('GET', '/api/djs', undef, with($token)), 200,
        'also to who sends the token');
    $instance->query('UPDATE address_counts SET window_at ='
        . ' UTC_TIMESTAMP(6) - INTERVAL 11 MINUTE');
    is_status(try_token($token), 200, 'after a while it is forgotten');
    is_problem(try_token('guess'), 401, qr/wrong/, 'and counted from one');
    is(failures(), 1, 'again');
    forget_failures();
};

subtest 'many at the same time' => sub {
    my @answers = $instance->parallel(
        map { ['GET', $LIST, undef, with("guess $_")] } 1 .. 60);
    my %count;
    $count{ $_->{status} }++ for @answers;
    is_deeply([sort keys %count], [401, 429], 'all are refused')
        or diag(explain(\%count));
    is($count{401}, 10, 'ten are looked at');
    forget_failures();
};

subtest 'addresses' => sub {
    my $try = sub {
        my ($from, $sent) = @_;
        return $instance->request('GET', $LIST, undef, with($sent),
            'x-forwarded-for' => $from)->{status};
    };
    for my $from ('192.0.2.1', '2001:db8::1') {
        $try->($from, "guess $_") for 1 .. 10;
        is($try->($from, $token), 429, "$from is refused");
    }
    is($try->('192.0.2.2', $token), 200, 'its neighbour is not');
    is($try->('2001:db8::ffff:1', $token), 429, 'one IPv6 client has a /64');
    is($try->('2001:db8:0:1::1', $token), 200, 'another has another');
    is($try->('192.0.2.2, 192.0.2.1', $token), 429, 'who wrote the last one');
    is($try->('192.0.2.1, 192.0.2.2', $token), 200, 'is the client');
    is($try->('192.0.2.1, 127.0.0.1', $token), 429, 'but for our own proxies');
    my $lines = $instance->text('GET', $LIST, undef, with($token),
        'x-forwarded-for' => "192.0.2.2\r\nX-Forwarded-For: 192.0.2.1");
    is($instance->raw($lines)->{status}, 429, 'a line of its own counts, too');
    is(try_token($token)->{status}, 200, 'who is not forwarded is not refused');
    like($instance->log('worker'), qr/client=192\.0\.2\.2 /, 'the log has it');
    forget_failures();
};

subtest 'the logs' => sub {
    my $path = "$instance->{dir}/state/log";
    my @logs = map { Setlink::Instance::slurp($_) } glob "$path/*";
    my $hash = $instance->env('SETLINK_ADMIN_TOKEN_HASH');
    for my $secret ($hash, map { $instance->env($_) }
        qw(SESSION_RECORDER_MINIO_SECRET_KEY SETLINK_DB_PASSWORD
        MINIO_ROOT_PASSWORD SETLINK_EVENTS_TOKEN)) {
        is(scalar(grep { /\Q$secret\E/ } @logs), 0, 'no secret is in a log');
    }
    # In an address it is in the web server's log: that is why it must not be
    # put there.
    unlike($instance->log('worker'), qr/\Q$token\E|guess/,
        'no token is in the log of the workers');
};

# From here on: no token, no proxy, and a cap on what the public may ask for.
$instance->configure_without_token({ SESSION_RECORDER_MAX_EXPIRES => 600,
    SESSION_RECORDER_EVENTS_TOKEN => '' });

subtest 'a cap for the public' => sub {
    my $begin = int(time) - 86_400;
    $instance->record(new_recording(start => $begin, end => $begin + 60));
    my $target = '/api/session-recorder/download/'
        . new_set($instance, $begin, $begin + 60) . '/ogg';
    my @public = ('x-forwarded-for' => '192.0.2.1');
    my $usual = $instance->request('GET', $target, undef, @public);
    is($usual->{json}{expires_in_seconds}, 600, 'the default is not above it');
    is_status($instance->request('GET', "$target?expires_in=600", undef,
        @public), 200, 'as long as that');
    is_problem($instance->request('GET', "$target?expires_in=601", undef,
        @public), 400, qr/\Aexpires_in:/, 'but not longer');
    is_status($instance->request('GET', "$target?expires_in=604800"), 200,
        'admins may');
    like($instance->log('worker'), qr/client=127\.0\.0\.1 .*download/,
        'a header from nobody we trust does not change the address');
};

sub request_as {
    my (@headers) = @_;
    return $instance->request('POST', '/api/session-recorder/sync', undef,
        @headers);
}

subtest 'without a token' => sub {
    my $port = $instance->port;
    for my $host ("localhost:$port", "127.0.0.1:$port", "[::1]:$port",
        'localhost', 'LOCALHOST', '127.9.9.9', '[::1]') {
        is_status(request_as(host => $host), 200, "Host: $host");
    }
    for my $host ("evil.example:$port", 'localhost.evil.example', '192.0.2.1',
        '10.0.0.1', 'localhost.', 'localhostx', '[::2]', '0.0.0.0',
        '127.0.0.1.evil.example', '[::ffff:192.0.2.1]', '2130706433') {
        my $answer = request_as(host => $host);
        like($answer->{status}, qr/\A(?:400|403)\z/, "Host: $host is refused");
        is_problem($answer, $answer->{status}, qr/./, 'with a problem');
    }
    for my $header ('X-Forwarded-For', 'Forwarded', 'X-Real-IP',
        'X-Forwarded-Host', 'X-Forwarded-Proto', 'X-Forwarded-Server',
        'X-Client-IP', 'True-Client-IP', 'CF-Connecting-IP', 'Via') {
        is_problem(request_as($header => $_), 403, qr/loopback/,
            "$header: $_ is refused")
            for '127.0.0.1', '192.0.2.1', 'for=127.0.0.1', 'x', '';
    }
    is_problem(request_as('Sec-Fetch-Site' => 'cross-site'), 403,
        qr/Sec-Fetch-Site/, 'a page of another site is refused');
    is_problem(request_as('Sec-Fetch-Site' => 'same-site',
        Origin => 'http://localhost:9000'), 403, qr/Sec-Fetch-Site/,
        'and one of another port');
    is_problem(request_as(Origin => $_), 403, qr/Origin/,
        "and $_ in an older browser") for 'http://evil.example', 'null';
    is_status(request_as('Sec-Fetch-Site' => $_), 200, "$_ is not")
        for 'same-origin', 'none';
    is_status(request_as(Origin => "http://localhost:$port"), 200,
        'nor is our own');
    is_status(request_as(with('anything')), 200, 'a token does no harm');
    like($instance->log('worker'), qr/level=warn event=no_admin_token/,
        'the log warns of it');
    my $ipv6 = eval { require IO::Socket::IP;
        IO::Socket::IP->new(PeerHost => '::1', PeerPort => $port) };
    if ($ipv6) {
        syswrite $ipv6, $instance->text('POST', '/api/session-recorder/sync',
            undef, host => "[::1]:$port");
        like(readline $ipv6, qr/\AHTTP\/1.1 200/, 'over IPv6 too');
    }
};

subtest 'events without a token' => sub {
    my @events = ('POST', '/api/session-recorder/events', { Records => [] });
    is($instance->env('SETLINK_EVENTS_TOKEN'), '', 'there is none');
    is_problem($instance->request(@events), 400, qr/Records/,
        'the machine itself may');
    is_problem($instance->request(@events, @$_), 403, qr/loopback/,
        "@$_ may not") for [host => 'evil.example'],
            ['x-forwarded-for' => '127.0.0.1'];
    is_problem($instance->request(@events, 'sec-fetch-site' => 'cross-site'),
        403, qr/Sec-Fetch-Site/, 'nor a page of another site');
};

$instance->stop;
$instance->is_clean;
done_testing;
