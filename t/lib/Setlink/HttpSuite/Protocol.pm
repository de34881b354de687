# SPDX-License-Identifier: MIT
# HTTP tests of what all routes have in common: methods, CORS, request ids,
# access, sizes and types of bodies, addresses that lead nowhere.
package Setlink::HttpSuite::Protocol;

use strict;
use warnings;

use Setlink::Routes qw(all_routes admin_routes route_paths target_of);
use Setlink::Shape qw(is_shape is_status is_problem);
use Test::More;

my $ORIGIN = 'https://a.example:8443';

sub test_health {
    my ($i) = @_;
    my $health = $i->request('GET', '/health');
    is_status($health, 200, 'it lives');
    is_shape($health->{json}, { status => 'string', message => 'string' },
        '/health has both members');
    is($health->{json}{status}, 'ok', 'and says ok');
    $i->sync;
    for my $query ('', '?for=traffic') {
        my $ready = $i->request('GET', "/ready$query");
        is_status($ready, 200, "it is ready$query");
        is_shape($ready->{json}, {
            status => 'string',
            map { $_ => { ok => 'bool', detail => 'string' } }
                qw(database minio index),
        }, 'and tells of each dependency');
    }
    is_problem($i->request('GET', '/ready?for=fun'), 400, qr/\Afor:/,
        'another purpose is refused');
    return;
}

sub test_methods {
    my ($i) = @_;
    my $paths = route_paths();
    for my $path (sort keys %$paths) {
        my $target = target_of($path);
        my $options = $i->request('OPTIONS', $target);
        is_status($options, 204, "OPTIONS $path");
        is($options->{headers}{allow}, $paths->{$path}, 'names the methods');
        for my $method (qw(GET POST PUT DELETE PATCH)) {
            next if $paths->{$path} =~ /\b$method\b/;
            my $answer = $i->request($method, $target);
            is_problem($answer, 405, qr/method/, "$method $path is refused");
            is($answer->{headers}{allow}, $paths->{$path},
                'and Allow tells what would be right');
        }
    }
    return;
}

sub test_unknown_methods {
    my ($i) = @_;
    for my $method (qw(FOO TRACE get CONNECT PROPFIND)) {
        my $answer = $i->request($method, '/health');
        is_problem($answer, $answer->{status}, qr/./,
            "$method is answered with a problem");
        like($answer->{status}, qr/\A(?:400|405|501)\z/, 'and refused');
    }
    return;
}

# Whether the answer to HEAD is the answer to GET but for its body.
sub is_head_of_get {
    my ($i, $target) = @_;
    my ($get, $head) = map { $i->request($_, $target) } qw(GET HEAD);
    is($head->{status}, $get->{status}, "HEAD $target has the status of GET");
    is($head->{content}, '', 'and no body');
    is($head->{headers}{'content-type'}, $get->{headers}{'content-type'},
        'and the same type');
    # Some addresses have the time in their answer.
    is($head->{headers}{'content-length'}, $get->{headers}{'content-length'},
        'and the same length') if $target !~ /ready|metrics/;
    return;
}

sub test_head {
    my ($i) = @_;
    is_head_of_get($i, target_of($_->{path}))
        for grep { $_->{method} eq 'GET' } all_routes();
    is_head_of_get($i, '/nowhere');
    return;
}

sub test_cors {
    my ($i) = @_;
    my @ask = ('access-control-request-method' => 'POST');
    my $yes = $i->request('OPTIONS', '/api/sessions/start', undef,
        origin => $ORIGIN, @ask);
    is_status($yes, 204, 'a preflight');
    is($yes->{headers}{'access-control-allow-origin'}, $ORIGIN,
        'a listed origin is allowed');
    like($yes->{headers}{'access-control-allow-methods'}, qr/\bPOST\b/,
        'with the methods of the route');
    like($yes->{headers}{'access-control-allow-headers'},
        qr/Authorization.*Content-Type/, 'and the headers it needs');
    for my $origin ('https://evil.example', 'https://a.example', 'null',
        'https://a.example:84433', "http://a.example:8443") {
        my $no = $i->request('OPTIONS', '/api/sessions/start', undef,
            origin => $origin, @ask);
        is($no->{headers}{'access-control-allow-origin'}, undef,
            "$origin is not allowed");
        like($no->{headers}{vary} // '', qr/\bOrigin\b/, 'and Vary says why');
    }
    for my $target ('/health', '/nowhere') {
        my $answer = $i->request('GET', $target, undef, origin => $ORIGIN);
        is($answer->{headers}{'access-control-allow-origin'}, $ORIGIN,
            "a page of it may read $target");
        like($answer->{headers}{'access-control-expose-headers'}, qr/\bLink\b/,
            'and the headers that matter');
    }
    return;
}

sub test_request_ids {
    my ($i) = @_;
    for my $id ('a', 'Req-1_2.3', 'x' x 64) {
        my $answer = $i->request('GET', '/health', undef,
            'x-request-id' => $id);
        is($answer->{headers}{'x-request-id'}, $id,
            "the request id $id is kept");
    }
    for my $id ('', 'x' x 65, 'a b', 'a;b', "\xc3\xbc", '../x', '"') {
        my $answer = $i->request('GET', '/health', undef,
            'x-request-id' => $id);
        like($answer->{headers}{'x-request-id'}, qr/\A[0-9a-f-]{32,36}\z/,
            "the request id '$id' is replaced");
    }
    my ($one, $two) = map { $i->request('GET', '/nowhere')
            ->{headers}{'x-request-id'} } 1, 2;
    isnt($one, $two, 'each request has an id of its own');
    return;
}

# Without a token only the machine itself may call admin routes.
sub test_access {
    my ($i) = @_;
    for my $route (admin_routes()) {
        my ($method, $path) = @$route{qw(method path)};
        my $answer = $i->request($method, target_of($path), undef,
            host => 'evil.example');
        is_problem($answer, 403, qr/loopback/,
            "$method $path is refused under another name");
    }
    return;
}

my @WITH_BODY = map { [split / /] } ('POST /api/djs/register',
    'POST /api/djs/{id}/request',
    'POST /api/sessions/start', 'POST /api/sessions/end',
    'POST /api/sessions', 'PUT /api/sessions/{id}',
    'POST /api/event/start', 'POST /api/admin/sessions/b2b',
    'POST /api/admin/queue/skip', 'PUT /api/admin/djs/{id}/position');

sub test_bodies {
    my ($i) = @_;
    for (@WITH_BODY) {
        my ($method, $path) = ($_->[0], target_of($_->[1]));
        for my $type (undef, 'text/plain', 'application/jsonp',
            'application/x-www-form-urlencoded', 'application/problem+json') {
            is_problem($i->request($method, $path, '{}',
                'content-type' => $type), 415, qr/application\/json/,
                "$method $path refuses " . ($type // 'a body without a type'));
        }
        for my $size (65_537, 1_048_576) {
            is_problem($i->request($method, $path, ' ' x $size,
                'content-type' => 'application/json'), 413, qr/./,
                "$method $path refuses a body of $size bytes");
        }
    }
    my $most = '{"name":"Right Size"' . ' ' x 65_515 . '}';
    is(length $most, 65_536, 'a body of 64 KiB');
    is_status($i->request('POST', '/api/djs/register', $most,
        'content-type' => 'APPLICATION/json; charset=UTF-8'), 200, 'is taken');
    return;
}

sub test_nowhere {
    my ($i) = @_;
    for my $target (qw(/ /api /api/ /api/djs/ //health /health/ /Health
        /api/djs/register/x /.env /.git/config /index.html /setlink.fcgi
        /api/session-recorder /api//djs /api/./djs /problem/404 /problem/413
        /error)) {
        my $answer = $i->request('GET', $target);
        is_problem($answer, 404, qr/./, "nothing is at $target");
        ok($answer->{headers}{'x-request-id'}, 'the answer has a request id');
    }
    return;
}

sub test_headers {
    my ($i) = @_;
    for my $target ('/health', '/nowhere') {
        my $headers = $i->request('GET', $target)->{headers};
        is($headers->{'x-content-type-options'}, 'nosniff', 'nosniff');
        is($headers->{'cache-control'}, 'no-store', 'no-store');
        unlike($headers->{server} // '', qr/\d/, 'no version of the server');
    }
    return;
}

sub tests {
    my ($i) = @_;
    test_health($i);
    test_methods($i);
    test_unknown_methods($i);
    test_head($i);
    test_cors($i);
    test_request_ids($i);
    test_access($i);
    test_bodies($i);
    test_nowhere($i);
    test_headers($i);
    return;
}

1;
