# SPDX-License-Identifier: MIT
# Attacks by how a request is sent: by pages in a browser, with forged headers,
# and with broken FastCGI, to a worker without a web server.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Setlink::Command qw(setlink);
use Setlink::Database;
use Setlink::FastCGI;
use Setlink::Recordings qw(uuid_of);
use Setlink::Routes qw(declared_routes);
use Setlink::Shape qw(is_status is_problem);
use Test::More;

my $database = Setlink::Database->start;
my %settings = $database->create;
is((setlink(\%settings, 'migrate'))[0], 0, 'the tables are there');
my $worker = Setlink::FastCGI->start(%settings,
    SETLINK_TRUSTED_PROXIES    => '198.51.100.0/24',
    SETLINK_CORS_ORIGINS       => 'http://localhost:8080',
    SETLINK_REGISTRATION_LIMIT => 3);

sub query { return $database->query($settings{SETLINK_DB_NAME}, $_[0]) }

sub ask { return $worker->ask(@_) }

# Pages of another origin that a browser of this machine has open.
subtest 'requests of other pages' => sub {
    my @mine = grep { $_->{access} eq 'admin' && $_->{method} ne 'GET' }
        declared_routes();
    my %pages = (
        'cross-site'           => { HTTP_SEC_FETCH_SITE => 'cross-site' },
        'another port'         => { HTTP_SEC_FETCH_SITE => 'same-site',
            HTTP_ORIGIN => 'http://localhost:9000' },
        'an older browser'     => { HTTP_ORIGIN => 'http://evil.example' },
        'a page of its own'    => { HTTP_ORIGIN => 'null' },
        'a name like ours'     => { HTTP_ORIGIN =>
            'http://localhost:3000.evil.example' },
        'two of them'          => { HTTP_SEC_FETCH_SITE =>
            'same-origin, cross-site' },
    );
    my $done = sub { return (query('SELECT COUNT(*) FROM audit'))[0][0] };
    for my $route (@mine) {
        my $path = $route->{path} =~ s/\{\w+\}/uuid_of(0, 0)/ger;
        for my $page (sort keys %pages) {
            is_problem(ask($route->{method}, $path, undef, %{ $pages{$page} }),
                403, qr/\ASec-Fetch-Site, Origin:/,
                "$route->{method} $path: $page");
        }
    }
    is($done->(), 0, 'and nothing is done');
    my @reset = ('POST', '/api/admin/queue/reset', undef);
    is_status(ask(@reset, %$_), 200, join ' ', 'but', %$_) for
        { HTTP_SEC_FETCH_SITE => 'same-origin' },
        { HTTP_SEC_FETCH_SITE => 'none' },
        { HTTP_ORIGIN => 'http://localhost:3000' },
        { HTTP_ORIGIN => 'http://LOCALHOST:3000',
            HTTP_SEC_FETCH_SITE => 'same-origin' },
        { HTTP_ORIGIN => 'http://localhost:8080',
            HTTP_SEC_FETCH_SITE => 'same-site' };
    my $answer = ask('GET', '/health', undef,
        HTTP_ORIGIN => 'http://x.example');
    is($answer->{headers}{'access-control-allow-origin'}, undef,
        'a page of nowhere may read nothing');
    my $configured = ask('OPTIONS', '/health', undef, HTTP_ORIGIN =>
        'http://localhost:8080');
    ok($configured->{headers}{'access-control-allow-origin'},
        'one that is configured may');
    is($configured->{headers}{'access-control-allow-credentials'}, undef,
        'but no cookies are asked for');
    # What a form or a page can send without being asked.
    for my $type (undef, 'text/plain', 'multipart/form-data; boundary=x',
        'application/x-www-form-urlencoded', 'text/plain; application/json',
        'application/jsonx', 'text/plain, application/json') {
        is_problem(ask('POST', $_, '{"name":"x"}', CONTENT_TYPE => $type), 415,
            qr/application\/json/, "$_ as " . ($type // 'nothing'))
            for '/api/djs/register', '/api/djs/' . uuid_of(0, 0) . '/request',
                '/api/event/start';
    }
};

subtest 'methods in disguise' => sub {
    my $path = '/api/djs/' . ask('POST', '/api/djs/register',
        '{"name":"Not Deleted"}')->{json}{id};
    for my $header (qw(X_HTTP_METHOD_OVERRIDE X_HTTP_METHOD
        X_METHOD_OVERRIDE)) {
        is_status(ask('GET', $path, undef, "HTTP_$header" => 'DELETE'), 200,
            "$header is not looked at");
        is_problem(ask('POST', $path, '{}', "HTTP_$header" => 'DELETE'), 405,
            qr/method/, 'nor of a POST');
    }
    is_status(ask('GET', "$path?_method=DELETE"), 200, 'nor _method');
    is_status(ask('GET', $path), 200, 'the DJ is there');
    is_status(ask('DELETE', $path), 204, 'until it is told so');
};

# Variables as pairs, of which several may have one name.
sub params_of {
    my (@pairs) = @_;
    my $bytes = '';
    while (my ($name, $value) = splice @pairs, 0, 2) {
        $bytes .= Setlink::FastCGI::name_length(length $name)
            . Setlink::FastCGI::name_length(length $value) . $name . $value;
    }
    return Setlink::FastCGI::stream($Setlink::FastCGI::PARAMS, $bytes);
}

sub pairs_of { return %{ Setlink::FastCGI::variables(@_) } }

sub client_of {
    my (@pairs) = @_;
    $worker->send_bytes(Setlink::FastCGI::begin_request() . params_of(@pairs)
        . Setlink::FastCGI::stream($Setlink::FastCGI::STDIN, ''));
    my ($client) = $worker->log =~ /.*event=request \S+ client=(\S+)/s;
    return $client;
}

# A proxy may add a line of its own behind that of its client.
subtest 'a forged client' => sub {
    my @proxy = (REMOTE_ADDR => '198.51.100.7');
    my $for = 'HTTP_X_FORWARDED_FOR';
    is(client_of(pairs_of(@proxy), $for => '127.0.0.1', $for => '192.0.2.9'),
        '192.0.2.9', 'the last line is what our proxy says');
    is(client_of(pairs_of(@proxy), $for => '127.0.0.1, 192.0.2.9',
        $for => '198.51.100.8'), '192.0.2.9', 'of a chain of them, too');
    is(client_of(pairs_of(@proxy), $for => '127.0.0.1', $for => 'unknown'),
        '198.51.100.7', 'who is not known is the proxy');
    is(client_of(pairs_of(REMOTE_ADDR => '192.0.2.1'), $for => '127.0.0.1',
        $for => '127.0.0.1'), '192.0.2.1', 'a stranger stays himself');
    my ($status, $answer, $log) = Setlink::FastCGI->run_cgi({ %settings,
        SETLINK_TRUSTED_PROXIES => '127.0.0.1' }, { pairs_of(
        HTTP_X_FORWARDED_FOR => '127.0.0.1, 192.0.2.9') });
    like($log, qr/client=192\.0\.2\.9 /, 'and so it is in CGI');
    my $claim = sub { return ask('GET', '/api/admin/djs', undef, @_) };
    for my $address ('127.0.0.1', '::1', '::ffff:127.0.0.1', '127.0.0.2') {
        is_problem($claim->(@proxy, $for => $address), 403, qr/loopback/,
            "$address by a proxy is no admin");
        is_problem($claim->($for => $address), 403, qr/loopback/,
            'nor by this machine');
    }
    is_problem($claim->(HTTP_HOST => $_), 403, qr/loopback/,
        "a page that has made $_ this machine is none")
        for 'evil.example', 'localhost.evil.example:3000', 'localhost, evil',
            'evil@localhost', '127.0.0.1.evil.example', '0.0.0.0', '[::]';
    query('DELETE FROM address_counts');
};

# A worker takes what it is told for one request, and no more.
sub is_answered {
    my ($name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $answer = ask('POST', '/api/djs/register', '{"name":""}');
    return is_problem($answer, 400, qr/\Aname: must have/, $name);
}

sub post_bytes {
    my ($length, $body, @records) = @_;
    return Setlink::FastCGI::begin_request() . params_of(pairs_of(
            REQUEST_METHOD => 'POST', REQUEST_URI => '/api/djs/register',
            CONTENT_TYPE => 'application/json', CONTENT_LENGTH => $length))
        . join('', @records)
        . Setlink::FastCGI::stream($Setlink::FastCGI::STDIN, $body);
}

subtest 'smuggled requests' => sub {
    my $evil = '{"name":"Smuggled"}';
    my $inner = post_bytes(length $evil, $evil);
    my $body = '{"name":""}';
    my @outer = (
        ['a body with a request in it' => post_bytes(length $inner, $inner)],
        ['a length that is too small' => post_bytes(length $body,
            $body . $inner)],
        ['a length that is too large' => post_bytes(60_000, $body . $inner)],
        ['a length of nothing' => post_bytes(0, $inner)],
        ['a negative length' => post_bytes(-1, $inner)],
        ['no number' => post_bytes("5\0", $inner)],
        ['a request behind the end' => post_bytes(length $body, $body)
            . $inner],
        ['two lengths' => post_bytes('11, 19', $body . $inner)],
    );
    for (@outer) {
        my ($name, $bytes) = @$_;
        my $answer = $worker->send_bytes($bytes);
        like($answer->{status}, qr/\A(?:0|400)\z/, $name);
        like($answer->{json}{detail}, qr/\AContent-Length: /, 'is refused')
            if $name =~ /negative|two lengths/;
        is_answered('the next one is by itself');
    }
    is((query("SELECT COUNT(*) FROM djs"))[0][0], 0, 'nothing was smuggled');
};

# The bytes of a record with another id.
sub with_id {
    my ($id, $bytes) = @_;
    my $result = '';
    while (length $bytes) {
        my (undef, $type, undef, $length) = unpack 'CCnn', $bytes;
        $result .= pack('CCnnCC', 1, $type, $id, $length, 0, 0)
            . substr $bytes, 8, $length;
        substr $bytes, 0, 8 + $length, '';
    }
    return $result;
}

subtest 'records' => sub {
    my $begin = Setlink::FastCGI::begin_request();
    my $params = params_of(pairs_of());
    my $stdin = Setlink::FastCGI::stream($Setlink::FastCGI::STDIN, '');
    my $huge = "\xff\xff\xff\xff";
    my %cases = (
        'huge lengths'      => $begin . Setlink::FastCGI::record(
            $Setlink::FastCGI::PARAMS, $huge . $huge . 'x' x 60_000) . $stdin,
        'a sum of nothing'  => $begin . Setlink::FastCGI::record(
            $Setlink::FastCGI::PARAMS, "\xff\xff\xff\xff\xff\xff\xff\xfe"
            . 'x' x 60_000) . $stdin,
        'a huge value'      => $begin . Setlink::FastCGI::record(
            $Setlink::FastCGI::PARAMS, "\x04$huge" . 'NAME' . 'x' x 1_000)
            . $stdin,
        'a huge name'       => $begin . Setlink::FastCGI::record(
            $Setlink::FastCGI::PARAMS, "$huge\x01" . 'x' x 1_000) . $stdin,
        'another id within' => $begin . with_id(2, $params) . $params
            . with_id(3, post_bytes(5, 'hello')) . $stdin,
        'id 0'              => with_id(0, $begin . $params . $stdin),
        'id 65535'          => with_id(65_535, $begin . $params . $stdin),
        'two begins'        => $begin . with_id(2, $begin) . $params . $stdin,
        'an authorizer'     => Setlink::FastCGI::record(1, pack 'nCx5', 2, 0)
            . $params . $stdin,
        'a filter'          => Setlink::FastCGI::record(1, pack 'nCx5', 3, 0)
            . $params . $stdin,
        'role 65535'        => Setlink::FastCGI::record(1,
            pack 'nCx5', 65_535, 255) . $params . $stdin,
        'all padding'       => $begin . pack('CCnnCC', 1, 4, 1, 0, 255, 0)
            . 'x' x 255 . $stdin,
        'version 0'         => ("\0" . substr $begin, 1) . $params . $stdin,
        'a body, no params' => $begin . $stdin . $params,
        'many values'       => $begin . Setlink::FastCGI::record(
            $Setlink::FastCGI::PARAMS, 'FCGI_MAX_CONNS') x 200 . $stdin,
        '5,000 variables'   => $begin . params_of(pairs_of(),
            map { ("HTTP_X_$_" => 'x' x 20) } 1 .. 5_000) . $stdin,
    );
    my $pid = $worker->pid;
    for my $name (sort keys %cases) {
        my $socket = $worker->start_bytes($cases{$name});
        shutdown $socket, 1;
        my $answer = Setlink::FastCGI::answer($socket);
        like($answer->{status}, qr/\A(?:0|200|400|404|405)\z/, $name);
        close $socket;
        is_answered('the next one is by itself');
    }
    ok(kill(0, $pid), 'it is still the same worker');
};

# The status of the next answer of a connection.
sub next_status {
    my ($socket) = @_;
    my $text = '';
    local $SIG{ALRM} = sub { die "no answer\n" };
    alarm 60;
    while (read($socket, my $head, 8) == 8) {
        my (undef, $type, undef, $length, $pad) = unpack 'CCnnC', $head;
        my $data = '';
        read $socket, $data, $length + $pad if $length + $pad;
        $text .= substr $data, 0, $length if $type == $Setlink::FastCGI::STDOUT;
        last if $type == $Setlink::FastCGI::END;
    }
    alarm 0;
    return Setlink::FastCGI::cgi_answer($text)->{status};
}

# One connection for several requests, as a web server may ask for.
subtest 'a connection that is kept' => sub {
    my $keep = Setlink::FastCGI::record($Setlink::FastCGI::BEGIN,
        pack 'nCx5', 1, 1);
    my $body = '{"name":""}';
    my $post = substr post_bytes(length $body, $body . post_bytes(2, '{}')),
        length Setlink::FastCGI::begin_request();
    my $get = params_of(pairs_of())
        . Setlink::FastCGI::stream($Setlink::FastCGI::STDIN, '');
    my $socket = $worker->start_bytes($keep . $post);
    is(next_status($socket), 400, 'a body with more than its length');
    syswrite $socket, $keep . $get;
    is(next_status($socket), 200, 'is not the next request');
    syswrite $socket, Setlink::FastCGI::begin_request() . $get;
    is(next_status($socket), 200, 'nor is it the last');
    is(next_status($socket), 0, 'then the connection ends');
    close $socket;
    is_answered('and the worker goes on');
};

subtest 'numbers and sizes' => sub {
    my @start = ('POST', '/api/event/start');
    for my $number ('1e400', '-1e400', '9223372036854775808', '1.5', '-0',
        '9' x 400, '1e-400', '0x10', '"60"', '[60]', '60.0000000000000001') {
        is_problem(ask(@start, "{\"slot_duration_minutes\":$number}"), 400,
            qr/\A(?:slot_duration_minutes|body):/,
            'the number ' . substr $number, 0, 20);
    }
    my $dj = '/api/djs/' . uuid_of(0, 0);
    is_problem(ask('PUT', $dj, "{\"weight\":$_}"), 400, qr/\A(?:weight|body):/,
        'the weight ' . substr $_, 0, 20) for '1e400', '-1', '-1e-300', 'NaN',
            'Infinity', '1001', '1000.0000001', '1' . '0' x 400;
    is_problem(ask('POST', '/api/djs/register', $_), 400, qr/\A(?:name|body):/,
        length($_) . ' bytes of JSON') for '{"name":"' . 'x' x 60_000 . '"}',
            '{"' . 'x' x 60_000 . '":1}', '{"a":[' . '1,' x 30_000 . '1]}',
            '{' . join(',', map { "\"a$_\":1" } 1 .. 5_000) . '}',
            '{"name":' . '[' x 32_000 . ']' x 32_000 . '}',
            '{"name":"\u0041' . '\ud83c\udfa7' x 5_000 . '"}';
    is_problem(ask('POST', '/api/admin/sessions/b2b', '{"duration_minutes":1,'
        . '"dj_ids":['
        . join(',', map { '"' . uuid_of(0, $_) . '"' } 1 .. 1_600)
        . ']}'), 400, qr/\Adj_ids:/, 'a long list of DJs');
    for my $uri ('/' . 'x' x 200_000, '/' . 'a/' x 50_000, '/api/djs?'
        . 'x=1&' x 50_000, '/api/djs?limit=' . '1' x 200_000, '/api/djs?cursor='
        . '0' x 200_000, '/api/djs/' . '%30' x 60_000, '/' . '%25' x 60_000) {
        like(ask('GET', $uri)->{status}, qr/\A4/, 'an address of '
            . length($uri) . ' bytes');
    }
    for my $header (qw(HOST AUTHORIZATION ORIGIN X_REQUEST_ID USER_AGENT
        X_FORWARDED_FOR SEC_FETCH_SITE ACCEPT COOKIE)) {
        like(ask('GET', '/api/admin/djs?limit=1', undef, "HTTP_$header" =>
            'x ' x 100_000)->{status}, qr/\A(?:200|403)\z/,
            "200,000 bytes of $header");
    }
    is_answered('after all of that');
};

# More DJs than a night can have, with the longest names.
subtest 'a pool of bots' => sub {
    my $id = q(UNHEX(CONCAT(REPEAT('f', 28), LPAD(HEX(seq), 4, '0'))));
    my $name = q(CONCAT(REPEAT('"', 96), seq));
    query("INSERT INTO djs (id, name, registered_at) SELECT $id, $name, NOW(6)"
        . ' FROM seq_1_to_2100');
    query('INSERT INTO pool_entries (pool_id, dj_id, name, registered_at)'
        . " SELECT p.id, $id, $name, NOW(6) FROM pools p, seq_1_to_2100"
        . ' WHERE p.open_mark = 1');
    my %lists = (
        'GET /api/djs/pool'      => 'active_djs',
        'GET /api/admin/queue'   => 'lottery_pool',
        'POST /api/lottery/draw' => 'participants',
    );
    for my $request (sort keys %lists) {
        my $answer = ask(split / /, $request);
        is_status($answer, 200, $request);
        is(scalar @{ $answer->{json}{ $lists{$request} } }, 2000, 'is bounded');
        cmp_ok(length $answer->{content}, '<', 2_000_000, 'also in bytes');
    }
};

unlike($worker->log, qr/Sanitizer|runtime error:/, 'no sanitizer complained');
done_testing;
