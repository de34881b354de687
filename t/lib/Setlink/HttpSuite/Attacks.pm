# SPDX-License-Identifier: MIT
# HTTP tests of attacks that a web server and its workers have to stop together:
# smuggled requests, addresses in disguise, forged headers, clients that send
# slowly or do not read.
package Setlink::HttpSuite::Attacks;

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use Setlink::Night qw(new_dj);
use Setlink::Recordings qw(uuid_of);
use Setlink::Shape qw(is_status is_problem);
use Test::More;

# More than there are workers.
my $CLIENTS = 8;

# Send bytes, each on a connection of its own, and read what comes to its end or
# until all are silent for so many seconds. Returns the statuses of each.
sub statuses_of {
    my ($i, $seconds, @bytes) = @_;
    my @calls = map { { socket => dial($i), in => '' } } @bytes;
    local $SIG{PIPE} = 'IGNORE';
    syswrite $calls[$_]{socket}, $bytes[$_] for 0 .. $#bytes;
    my %open = map { fileno($_->{socket}) => $_ } @calls;
    my $select = IO::Select->new(map { $_->{socket} } @calls);
    while (my @ready = $select->can_read($seconds)) {
        for my $call (map { $open{ fileno $_ } } @ready) {
            sysread $call->{socket}, $call->{in}, 65536, length $call->{in}
                or $select->remove($call->{socket});
        }
    }
    return map { join ' ', $_->{in} =~ /HTTP\/1\.[01] (\d+) /g } @calls;
}

sub dial {
    my ($i) = @_;
    return IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $i->port, Timeout => 30) // die "no connection: $@\n";
}

sub head {
    my ($i, $first, @headers) = @_;
    return join "\r\n", "$first HTTP/1.1", 'Host: ' . $i->host, @headers, '',
        '';
}

my $REGISTER = 'POST /api/djs/register';
my @JSON = ('Content-Type: application/json');

# Bytes in which one server might see a second request where another sees a
# body.
sub smuggled {
    my ($i) = @_;
    my $evil = '{"name":"Smuggled"}';
    my $inner = head($i, $REGISTER, @JSON, 'Content-Length: '
        . length $evil) . $evil;
    my $length = length $inner;
    my @chunked = ('Transfer-Encoding: chunked');
    my $chunks = "0\r\n\r\n$inner";
    my %headers = (
        'CL.TE'              => [['Content-Length: ' . length $chunks,
            @chunked], $chunks],
        'TE.CL'              => [[@chunked, 'Content-Length: 4'], sprintf
            "%x\r\n%s\r\n0\r\n\r\n", $length, $inner],
        'TE.TE'              => [[@chunked, 'Transfer-Encoding: identity'],
            $chunks],
        'a coding misspelt'  => [['Content-Length: ' . length $chunks,
            'Transfer-Encoding: xchunked'], $chunks],
        'a tab before it'    => [['Content-Length: ' . length $chunks,
            "Transfer-Encoding:\tchunked"], $chunks],
        'a blank behind it'  => [['Content-Length: ' . length $chunks,
            'Transfer-Encoding : chunked'], $chunks],
        'a folded line'      => [['Content-Length: ' . length $chunks, 'X: y',
            ' Transfer-Encoding: chunked'], $chunks],
        'an underscore'      => [["Content-Length: $length",
            'Content_Length: 0', 'Transfer_Encoding: chunked'], $inner],
        'two lengths'        => [["Content-Length: $length",
            'Content-Length: 0'], $inner],
        'a length in a list' => [["Content-Length: $length, $length"], $inner],
        'a plus'             => [["Content-Length: +$length"], $inner],
        'a bare LF'          => [["X: y\nContent-Length: $length"], $inner],
        'a chunk of bits'    => [[@chunked], "100000000000000000\r\n$inner"],
        'a chunk extension'  => [[@chunked],
            sprintf("%x;x=\n0\r\n\r\n%s\r\n0\r\n\r\n", $length, $inner)],
    );
    return map { $_ => head($i, $REGISTER, @JSON, @{ $headers{$_}[0] })
            . $headers{$_}[1] } keys %headers;
}

# At most one answer, a refusal: what is in the body is no request.
sub test_smuggling {
    my ($i) = @_;
    my %bytes = smuggled($i);
    my @names = sort keys %bytes;
    my @statuses = statuses_of($i, 1, @bytes{@names});
    like($statuses[$_], qr/\A(?:4\d\d|501)?(?: 400)?\z/,
        "smuggled by $names[$_]") for 0 .. $#names;
    is_status($i->request('GET', '/health'), 200, 'the next client is served');
    is(($i->query("SELECT COUNT(*) FROM djs WHERE name = 'Smuggled'"))[0][0], 0,
        'and nobody is registered');
    my $get = head($i, 'GET /health');
    is_deeply([statuses_of($i, 60, $get . head($i, 'GET /nowhere') . head($i,
        'POST /health', 'Content-Length: 5') . 'hello' . head($i, 'GET /health',
        'Connection: close'))], ['200 404 405 200'],
        'requests in a row are answered in a row');
    return;
}

# Addresses that are one thing to who looks at them and another to who opens
# them.
my %DISGUISED = (
    '/api/%2561dmin/djs'             => 404,
    '/api/djs/..;/admin/djs'         => 404,
    '/api/djs/%2e%2e/admin/djs'      => 404,
    '/api/djs/.%2e/admin/djs'        => 404,
    '/api//admin/djs'                => 404,
    '/api/admin;x/djs'               => 404,
    '/api/admin%2fdjs'               => 404,
    '/api/admin/djs%2f'              => 404,
    '/api/admin/djs/'                => 404,
    '/api/admin/djs%20'              => 404,
    '/api/admin/djs%00'              => 400,
    '/api/admin/djs%0d%0aX-Evil:%20' => 404,
    '/API/ADMIN/DJS'                 => 404,
    '/api/admin/djs%c0%af'           => qr/400|404/,
    '/api/%c1%a1dmin/djs'            => qr/400|404/,
    '/api\\admin\\djs'               => qr/400|404/,
    '/api/admin/djs.json'            => 404,
    '//evil.example/%2f..'           => 404,
    '/\\evil.example'                => qr/400|404/,
    '/%5cevil.example'               => 404,
    '/.%00./admin'                   => 400,
    '/setlink.fcgi/api/admin/djs'    => 404,
    '/cgi-bin/..%2f..%2fhealth'      => qr/400|404/,
    '/api/%61dmin/djs'               => 403,
    '/%61%70%69/admin/djs?x=/../..'  => 403,
);

sub test_disguises {
    my ($i) = @_;
    for my $path (sort keys %DISGUISED) {
        my $answer = $i->request('GET', $path, undef,
            'x-forwarded-for' => '192.0.2.1');
        like($answer->{status}, qr/\A(?:$DISGUISED{$path})\z/, $path);
        is_problem($answer, $answer->{status}, qr/./, 'is refused');
        is($answer->{headers}{'x-content-type-options'}, 'nosniff', 'nosniff');
        is($answer->{headers}{$_}, undef, "no $_") for 'location', 'x-evil';
    }
    # An authority in the address is that of Host (RFC 9112, 3.2.2).
    my $answer = $i->raw(head($i, 'GET http://evil.example/api/djs?limit=1',
        'Connection: close'));
    like($answer->{status}, qr/\A(?:200|400)\z/, 'an address with a name');
    unlike($answer->{headers}{link} // '', qr/evil/, 'that no link has');
    return;
}

# A header that looks like another one to CGI.
sub test_headers {
    my ($i) = @_;
    for my $name (qw(X_Forwarded_For X-Forwarded_For X_Forwarded-For)) {
        is_status($i->request('GET', '/api/admin/djs', undef,
            $name => '192.0.2.1'), 200, "$name is not X-Forwarded-For");
    }
    for my $name ('Proxy', 'Script-Name', 'Redirect-Status', 'Remote-Addr',
        'Request-Method', 'Content_Length', 'Request_Uri', 'Path-Info') {
        is_status($i->request('GET', '/health', undef, $name => '418'), 200,
            "$name is nothing but a header");
    }
    my $link = '/api/djs?limit=1';
    new_dj($i) for 1, 2;
    my $usual = $i->request('GET', $link);
    my $forged = $i->request('GET', $link, undef, host => 'evil.example',
        'x-forwarded-host' => 'evil.example');
    ok($usual->{headers}{link}, 'a link to the next page');
    is($forged->{headers}{link}, $usual->{headers}{link},
        'is the same under another name');
    return;
}

sub is_served {
    my ($i, $name) = @_;
    return is_status($i->request('GET', '/api/djs?limit=1'), 200, $name);
}

# Clients that keep a connection and do not go on.
sub test_slow_clients {
    my ($i) = @_;
    my @texts = (
        head($i, $REGISTER, @JSON, 'Content-Length: 60000') . '{"name":',
        head($i, $REGISTER, @JSON, 'Transfer-Encoding: chunked')
            . "ffff\r\n{",
        head($i, 'GET /health', 'X: y') =~ s/\r\n\z//r,
        'GET /hea',
    );
    my @all;
    for my $text (@texts) {
        my @sockets = map { dial($i) } 1 .. $CLIENTS;
        syswrite $_, $text for @sockets;
        is_served($i, "others are served while $CLIENTS send slowly");
        my @answered = IO::Select->new(@sockets)->can_read(0);
        is(scalar @answered, 0, 'not only when these are sent away');
        push @all, @sockets;
    }
    return;
}

# Rows of the longest texts that there can be; their ids are the highest.
my $FIRST = q(UNHEX(REPEAT('f', 28)));
my $ID    = q(UNHEX(CONCAT(REPEAT('f', 28), LPAD(HEX(seq), 4, '0'))));
my @FILL  = (
    "INSERT INTO djs (id, name, registered_at) SELECT $ID,"
        . ' CONCAT(REPEAT(\'"\', 96), seq), NOW(6) FROM seq_1_to_1100',
    "INSERT INTO sessions (id, dj_id, room, session_type, started_at,"
        . " ended_at) SELECT $ID, $ID, REPEAT('\"', 100), 'b2b', NOW(6), NOW(6)"
        . ' FROM seq_1_to_1100',
    'INSERT INTO session_djs (session_id, dj_id, place) SELECT s.id, d.id,'
        . ' ASCII(RIGHT(d.id, 1)) FROM sessions s JOIN (SELECT'
        . " $ID AS id FROM seq_1_to_8) d WHERE s.id > $FIRST",
);

sub empty_again {
    my ($i) = @_;
    $i->query("DELETE FROM $_ WHERE "
        . ($_ eq 'session_djs' ? 'session_id' : 'id')
        . " > $FIRST") for qw(session_djs sessions djs);
    return;
}

# The most memory that a worker has had, in KB.
sub most_memory {
    my ($i) = @_;
    my ($most) = sort { $b <=> $a } map {
        Setlink::Instance::slurp("/proc/$_/status") =~ /VmHWM:\s+(\d+)/ }
        $i->worker_pids;
    return $most // 0;
}

# Clients that ask for the longest answers, and do not read them.
sub test_long_answers {
    my ($i) = @_;
    $i->query($_) for @FILL;
    my %most = ('/api/djs' => 1, '/api/sessions' => 8,
        '/api/sessions?format=csv' => 8);
    for my $target (sort keys %most) {
        my $limit = $target =~ /\?/ ? '&limit=' : '?limit=';
        my $answer = $i->request('GET', "$target${limit}1000");
        is_status($answer, 200, "$target has at most 1000 rows");
        cmp_ok(length $answer->{content}, '<', $most{$target} * 1_000_000,
            "and $most{$target} MB");
        cmp_ok(length $answer->{content}, '>', $most{$target} * 200_000,
            'and these are long ones');
        is_problem($i->request('GET', "$target${limit}1001"), 400,
            qr/\Alimit:/, 'no more can be asked for');
    }
    my $text = $i->text('GET', '/api/sessions?limit=1000');
    my @sockets = map { dial($i) } 1 .. $CLIENTS;
    syswrite $_, $text for @sockets;
    is_served($i, "$CLIENTS others do not read their answers") for 1 .. 4;
    cmp_ok(most_memory($i), '<', 100_000, 'memory is bounded')
        if !Setlink::Instance::is_sanitized();
    close $_ for @sockets;
    empty_again($i);
    return;
}

sub tests {
    my ($i) = @_;
    test_smuggling($i);
    test_disguises($i);
    test_headers($i);
    test_slow_clients($i);
    test_long_answers($i);
    return;
}

1;
