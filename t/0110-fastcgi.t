# SPDX-License-Identifier: MIT
# A worker driven without a web server and without a database: what no web
# server would send, the end of a worker, and plain CGI.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Setlink::Command qw(program);
use Setlink::FastCGI;
use Setlink::Process qw(scratch);
use Setlink::Shape qw(is_status is_problem);
use Test::More;
use Time::HiRes qw(sleep);

my %SETTINGS = (SETLINK_DB_SOCKET => scratch() . '/no-database');
my %POST = (
    REQUEST_METHOD => 'POST',
    REQUEST_URI    => '/api/djs/register',
    CONTENT_TYPE   => 'application/json',
);
my $BODY = '{"name":""}';

my $worker = Setlink::FastCGI->start(%SETTINGS);

sub is_alive {
    my ($name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is_status($worker->request({}), 200, $name);
}

sub post {
    my ($length, $body) = @_;
    return $worker->request({ %POST, CONTENT_LENGTH => $length }, $body);
}

subtest 'a request' => sub {
    my $answer = $worker->request({});
    is_status($answer, 200, '/health is answered');
    is($answer->{json}{status}, 'ok', 'with its JSON');
    is($worker->request({ REQUEST_METHOD => 'HEAD' })->{content}, '',
        'HEAD has no body');
    is_problem($worker->request({ REQUEST_URI => '/api/djs' }), 503,
        qr/database/, 'the database is away');
    is_problem(post(length $BODY, $BODY), 400, qr/\Aname:/, 'a body is read');
};

subtest 'lengths that lie' => sub {
    is_problem(post(20, $BODY), 400, qr/shorter/, 'a body that is shorter');
    is_problem(post(65_536, $BODY), 400, qr/shorter/, 'much shorter');
    is_problem(post(length $BODY, "$BODY garbage"), 400, qr/\Aname:/,
        'a body that is longer is cut');
    is_problem(post(5, $BODY), 400, qr/\Abody:/, 'cut within the JSON');
    is_problem(post(length $BODY, $BODY . 'x' x 500_000), 400, qr/\Aname:/,
        'a body that is much longer');
    is_problem(post($_, $BODY), 400, qr/\AContent-Length:/, "length '$_'")
        for '-1', '-0', '1e3', '0x10', ' 11', '11 ', '11,11', '9' x 30, 'many',
            '1.0', "\xff";
    is_problem(post($_, $BODY), 413, qr/65536/, "length $_")
        for 65_537, 9_223_372_036_854_775_807 =~ s/.\z//r, '9' x 18;
    is_problem(post($_, $BODY), 400, qr/\Aname: is required/,
        'without a length there is no body') for undef, '', 0, '000';
    is_problem(post(70_000, 'x' x 70_000), 413, qr/65536/, 'a body too long');
    is_problem(post(3_000_000, 'x' x 3_000_000), 413, qr/65536/,
        'far too long');
    is_alive('it still answers');
};

subtest 'odd variables' => sub {
    is_status($worker->request({ REQUEST_URI => undef,
        PATH_INFO => '/health' }), 200, 'PATH_INFO is enough');
    is_status($worker->request({ REQUEST_URI => '/cgi/setlink.fcgi/health',
        SCRIPT_NAME => '/cgi/setlink.fcgi' }), 200, 'a program with a path');
    is_status($worker->request({ REQUEST_URI => '/health',
        SCRIPT_NAME => '/health' }), 200, 'a program called as the route');
    is_status($worker->request({ REQUEST_URI => '/ready?for=x',
        QUERY_STRING => '' }), 400, 'the query of the address counts');
    is_status($worker->request({ REQUEST_URI => undef, PATH_INFO => '/ready',
        QUERY_STRING => 'for=x' }), 400, 'QUERY_STRING without one');
    for my $method ('', undef, 'get', "GET\n", 'GET ', 'FOO', 'X' x 60_000) {
        my $answer = $worker->request({ REQUEST_METHOD => $method });
        is_problem($answer, 405, qr/method/, 'an odd method');
    }
    for my $uri ('', undef, 'health', '?', '#', '/health#x', "/\0health",
        '/health/', "/\xff", '/' x 60_000, '/%', '/a' x 20_000) {
        my $answer = $worker->request({ REQUEST_URI => $uri });
        like($answer->{status}, qr/\A(?:200|400|404)\z/, 'an odd address');
    }
    for my $peer (undef, '', 'localhost', '127.0.0.1 ', '::ffff:192.0.2.1',
        '10.0.0.1', '1' x 60_000) {
        is_problem($worker->request({ %POST, REMOTE_ADDR => $peer,
            REQUEST_URI => '/api/sessions/start' }), 403, qr/loopback/,
            'a client who is not this machine');
    }
    for my $status ('200', '0', 'x', '-1', '99999999999999999999', '600') {
        is_status($worker->request({ REDIRECT_STATUS => $status }), 200,
            "REDIRECT_STATUS=$status");
    }
    is_problem($worker->request({ REDIRECT_STATUS => '418' }), 418, qr/./,
        'an error of the web server');
    my $died = $worker->request({ REDIRECT_STATUS => 500 });
    is_problem($died, 503, qr/no worker/, 'one that means a dead worker');
    is($died->{headers}{'retry-after'}, 5, 'is to be tried again');
    is_status($worker->request({ map { $_ => "\xff\0" x 10_000 }
            map { "HTTP_X_$_" } 1 .. 20 }), 200, 'many large headers');
    is_status($worker->send_bytes(Setlink::FastCGI::request_bytes({})), 404,
        'no variables at all');
};

# What a broken client or web server sends. An answer may come or not.
subtest 'broken connections' => sub {
    my $begin = Setlink::FastCGI::begin_request();
    my $params = Setlink::FastCGI::params_stream(
        Setlink::FastCGI::variables(%POST, CONTENT_LENGTH => 50));
    my $whole = Setlink::FastCGI::request_bytes(
        Setlink::FastCGI::variables());
    my $abort = Setlink::FastCGI::record($Setlink::FastCGI::ABORT, '');
    my @pieces = (
        '', "\x01", "\x01\x01\x00", $begin, $begin . substr($params, 0, 30),
        $begin . $params, substr($whole, 0, length($whole) - 4), $abort,
        $begin . $abort, $begin . $params . $abort,
        'GET /health HTTP/1.1' . "\r\n\r\n", "\xff" x 5_000, "\0" x 5_000,
        pack('CCnnCC', 9, 1, 1, 8, 0, 0) . "\0" x 8,
        Setlink::FastCGI::record(1, pack 'nCx5', 2, 0),
        Setlink::FastCGI::record(1, pack 'nCx5', 99, 0),
        Setlink::FastCGI::record(1, 'short'),
        Setlink::FastCGI::record(9, "\x0f\x00FCGI_MPXS_CONNS"),
        Setlink::FastCGI::record(77, 'unknown'),
        $begin . $begin . $params, $params,
        $begin . Setlink::FastCGI::record($Setlink::FastCGI::PARAMS,
            "\xff\xff\xff\xff\x7f\xff\xff\xff"),
        $begin . Setlink::FastCGI::record($Setlink::FastCGI::PARAMS,
            "\x04\x04AB"),
    );
    for my $piece (@pieces) {
        my $socket = $worker->dial;
        local $SIG{PIPE} = 'IGNORE';
        syswrite $socket, $piece;
        shutdown $socket, 1;
        close $socket;
        is_alive('it answers after ' . length($piece) . ' odd bytes');
    }
    for (1 .. 20) {
        my $socket = $worker->dial;
        syswrite $socket, $whole;
        close $socket;
    }
    is_alive('it answers after clients that did not wait');
};

subtest 'a thousand requests' => sub {
    my @kinds = (
        [200, {}],
        [404, { REQUEST_URI => '/nowhere' }],
        [405, { REQUEST_METHOD => 'PATCH' }],
        [400, { REQUEST_URI => '/api/djs/x' }],
        [400, { %POST, CONTENT_LENGTH => 1 }, '{'],
        [413, { %POST, CONTENT_LENGTH => 66_000 }, 'x' x 66_000],
        [415, { %POST, CONTENT_LENGTH => 1, CONTENT_TYPE => '' }, '{'],
        [400, { %POST, CONTENT_LENGTH => 64_000 }, '[' x 64_000],
        [503, { REQUEST_URI => '/api/sessions?limit=1000' }],
        [204, { REQUEST_METHOD => 'OPTIONS' }],
    );
    my $right = 0;
    for my $n (1 .. 1_000) {
        my ($status, @request) = @{ $kinds[$n % @kinds] };
        $right++ if $worker->request(@request)->{status} == $status;
    }
    is($right, 1_000, 'good and bad ones are answered rightly');
};

# How many files a process has open. A worker has one more once it has taken a
# connection.
sub open_files { return scalar(() = glob "/proc/$_[0]/fd/*") }

subtest 'its end' => sub {
    my $request = Setlink::FastCGI::request_bytes(
        Setlink::FastCGI::variables(%POST, CONTENT_LENGTH => length $BODY),
        $BODY);
    # The connection of the last request may not have been closed yet.
    sleep 1;
    my $idle_files = open_files($worker->pid);
    my $socket = $worker->dial;
    syswrite $socket, substr $request, 0, length($request) - 20;
    for (1 .. 500) {
        last if open_files($worker->pid) != $idle_files;
        sleep 0.01;
    }
    $worker->terminate;
    sleep 0.1;
    syswrite $socket, substr $request, length($request) - 20;
    is_problem(Setlink::FastCGI::answer_of(
        Setlink::FastCGI::read_all($socket)), 400, qr/\Aname:/,
        'SIGTERM lets the request in hand be answered');
    is($worker->wait_end, 0, 'then it ends, with exit status 0');
    unlike($worker->log, qr/Sanitizer|runtime error:/,
        'and nothing was found by a sanitizer');
    my $idle = Setlink::FastCGI->start(%SETTINGS);
    is_status($idle->request({}), 200, 'another worker');
    $idle->terminate;
    is($idle->wait_end, 0, 'ends at once when it has nothing to do');
};

# No other worker would be woken for the connection.
subtest 'a signal that comes with a connection' => sub {
    my $one = Setlink::FastCGI->start(%SETTINGS);
    is_status($one->request({}), 200, 'a worker');
    sleep 0.5;
    kill 'STOP', $one->pid;
    my @connections = map { $one->send_request({}) } 1 .. 3;
    $one->terminate;
    kill 'CONT', $one->pid;
    is_status(Setlink::FastCGI::answer($connections[0]), 200,
        'the first one is answered');
    is($one->wait_end, 0, 'then it ends');
    is(Setlink::FastCGI::read_all($connections[2]) // '', '',
        'though there are more');
};

# The programs of this build that can be one of CGI.
my @PROGRAMS = grep { eval { program($_) } } qw(setlink.fcgi setlink.cgi);

for my $program (@PROGRAMS) { subtest "plain CGI, $program" => sub {
    my @cases = (
        [200, {}],
        [400, { %POST, CONTENT_LENGTH => length $BODY }, $BODY],
        [400, { %POST, CONTENT_LENGTH => 500 }, $BODY],
        [404, { REQUEST_URI => undef, PATH_INFO => '/nowhere' }],
        [413, { %POST, CONTENT_LENGTH => 2_000_000 }, 'x' x 2_000_000],
        [503, { REQUEST_URI => '/api/djs' }],
    );
    for (@cases) {
        my ($want, $variables, $body) = @$_;
        my ($status, $answer) = Setlink::FastCGI->run_cgi(\%SETTINGS,
            Setlink::FastCGI::variables(%$variables), $body, $program);
        is($status, 0, 'the program ends well');
        is_status($answer, $want, "and answers $want");
    }
} }

done_testing;
