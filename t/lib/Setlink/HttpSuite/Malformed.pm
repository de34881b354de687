# SPDX-License-Identifier: MIT
# HTTP tests of input that is not well-formed. After each the server still
# answers.
package Setlink::HttpSuite::Malformed;

use strict;
use warnings;

use Setlink::Night qw(new_dj);
use Setlink::Recordings qw(uuid_of);
use Setlink::Shape qw(is_status is_problem);
use Test::More;

my $ID   = uuid_of(1, 1);
my @JSON = ('content-type' => 'application/json');

sub is_alive {
    my ($i) = @_;
    return if $i->request('GET', '/health')->{status} == 200;
    return fail('it answers no more');
}

# What is no JSON text, or none that is taken.
sub broken_bodies {
    return (
        'truncated'           => '{"name":"x"',
        'cut in a string'     => '{"name":"x',
        'cut in an escape'    => '{"name":"\\',
        'cut in \u'           => '{"name":"\\u00',
        'trailing garbage'    => '{"name":"x"} x',
        'two texts'           => '{"name":"x"}{"name":"y"}',
        'an array'            => '[]',
        'a string'            => '"name"',
        'a number'            => '1',
        'null'                => 'null',
        'blanks'              => " \r\n\t",
        'a byte order mark'   => "\xef\xbb\xbf{\"name\":\"x\"}",
        'UTF-16'              => "\xff\xfe{\0}\0",
        'invalid UTF-8'       => "{\"name\":\"\xff\"}",
        'overlong UTF-8'      => "{\"name\":\"\xc0\xaf\"}",
        'a UTF-8 surrogate'   => "{\"name\":\"\xed\xa0\x80\"}",
        'cut off UTF-8'       => "{\"name\":\"\xe2\x82",
        'a lone high half'    => '{"name":"\\ud83c"}',
        'a lone low half'     => '{"name":"\\udfa7"}',
        'halves exchanged'    => '{"name":"\\udfa7\\ud83c"}',
        'a half in a name'    => '{"\\ud83c":1}',
        'a NUL byte'          => "{\"name\":\"x\"\0}",
        'a NUL in a string'   => "{\"name\":\"x\0\"}",
        'a raw line feed'     => "{\"name\":\"x\ny\"}",
        'single quotes'       => "{'name':'x'}",
        'no quotes'           => '{name:1}',
        'a comment'           => '{"name":"x"/**/}',
        'a trailing comma'    => '{"name":"x",}',
        'no comma'            => '{"name":"x" "y":1}',
        'no colon'            => '{"name" "x"}',
        'a bad escape'        => '{"name":"\\x41"}',
        'a bad \u'            => '{"name":"\\u00g0"}',
        'a leading zero'      => '{"name":01}',
        'NaN'                 => '{"name":NaN}',
        'an unknown word'     => '{"name":nil}',
        'depth 10,000'        => '[' x 10_000,
        'depth 10,000, whole' => '{"a":' x 10_000 . '1' . '}' x 10_000,
        'a form'              => 'name=x&email=y',
        'random bytes'        => join('', map { chr($_ * 97 % 256) } 1 .. 2000),
        'another name twice'  => '{"name":"x","name":"y"}',
    );
}

sub test_json {
    my ($i) = @_;
    my %body = broken_bodies();
    for my $name (sort keys %body) {
        is_problem($i->request('POST', '/api/djs/register', $body{$name},
            @JSON), 400, qr/\A(?:body|name): /, "JSON: $name");
        is_alive($i);
    }
    my $start = '/api/sessions/start';
    is_problem($i->request('POST', $start, $_, @JSON), 400, qr/\Adj_id:/,
        "$_ is refused") for "{\"dj_id\":\"$ID\",\"dj_id\":\"$ID\"}",
        "{\"dj_id\":null,\"dj_id\":\"$ID\"}",
        "{\"dj_id\":\"$ID\",\"\\u0064j_id\":\"$ID\"}";
    is_problem($i->request('POST', $start, "{\"dj_id\":\"$ID\\u0000\"}",
        @JSON), 400, qr/\Adj_id:/, 'an escaped NUL is refused');
    is_problem($i->request('POST', $_, '', @JSON), 400, qr/required/,
        "$_ needs a body") for '/api/djs/register', $start, '/api/sessions';
    is_status($i->request('POST', '/api/djs/register',
        '{"x":' . '[' x 30 . ']' x 30 . ',"x":1e999,"name":"\\ud83c\\udfa7 x"}',
        @JSON), 200, 'what is odd but right is taken');
    return;
}

# Paths that lead nowhere, or are not well-formed.
sub test_paths {
    my ($i) = @_;
    my %path = (
        '/api/djs/%2e%2e/djs'          => 404,
        '/api/%2e%2e/health'           => 404,
        '/api/../health'               => 404,
        '/../../etc/passwd'            => qr/400|404/,
        '/%2e%2e/%2e%2e/etc/passwd'    => qr/400|404/,
        '/..%2f..%2fetc/passwd'        => qr/400|404/,
        '/..%5c..%5cboot.ini'          => 404,
        '/health;x=y'                  => 404,
        '/health;'                     => 404,
        '/health%20'                   => 404,
        '/health%00'                   => 400,
        '/health%00.html'              => 400,
        "/api/djs/$ID%00"              => 400,
        '/health%2F'                   => 404,
        '/api%2Fdjs'                   => 404,
        "/api/djs%2F$ID"               => 404,
        '/health%'                     => 400,
        '/health%4'                    => 400,
        '/health%zz'                   => 400,
        '/%c0%ae%c0%ae/health'         => qr/400|404/,
        '/%ff'                         => qr/400|404/,
        '/health/x/y/z/' . 'a/' x 500  => 404,
        '/' . 'a' x 7_000              => 404,
        '/' . 'a' x 40_000             => qr/400|414|431/,
        '/health?' . 'a' x 40_000      => qr/400|414|431/,
        'health'                       => 400,
        '*'                            => qr/400|404/,
        ''                             => 400,
    );
    for my $path (sort keys %path) {
        my $answer = $i->request('GET', $path);
        my $name = substr $path, 0, 40;
        like($answer->{status}, qr/\A(?:$path{$path})\z/, "the path '$name'");
        is_problem($answer, $answer->{status}, qr/./, 'is answered');
        is_alive($i);
    }
    for my $path ('/%68ealth', '/health?/../x', '/health?a=;', '/health?',
        '/api/djs?limit=%31%30') {
        is_status($i->request('GET', $path), 200, "$path is right");
    }
    my $absolute = 'http://' . $i->host . '/health';
    like($i->request('GET', $absolute)->{status}, qr/\A(?:200|400)\z/,
        'an absolute address');
    return;
}

# The bytes of requests, from their lines.
sub lines { return join "\r\n", @_, '', '' }

my $BODY = '{"name":"x"}';

# POST with these headers, and what comes behind them.
sub post_text {
    my ($i, $headers, $rest) = @_;
    return lines('POST /api/djs/register HTTP/1.1', 'Host: ' . $i->host,
        'Connection: close', 'Content-Type: application/json', @$headers)
        . ($rest // $BODY);
}

# GET with this first line and these headers.
sub get_text {
    my ($i, $first, @headers) = @_;
    return lines($first, 'Host: ' . $i->host, 'Connection: close', @headers);
}

# What is wrong with the length of a body: headers, what follows them, and the
# statuses that are right.
sub odd_bodies {
    my @chunked = ('Transfer-Encoding: chunked');
    return (
        (map { ("Content-Length: $_" => [["Content-Length: $_"], undef, 400]) }
            '-1', '1e1', '0x10', '+12', '12,12', 'many', '12 12', '1.0'),
        'two lengths'             => [['Content-Length: 12',
            'Content-Length: 13'], undef, 400],
        'a length of 30 digits'   => [['Content-Length: ' . '9' x 30], undef,
            qr/400|413/],
        'a length of 18 digits'   => [['Content-Length: ' . '9' x 18], undef,
            413],
        'a length and chunks'     => [['Content-Length: 12', @chunked],
            "c\r\n$BODY\r\n0\r\n\r\n", qr/200|400|409/],
        'no length'               => [[], '', 400],
        'a body without a length' => [[], $BODY, 400],
        'an empty length'         => [['Content-Length:'], '', 400],
        'an unknown coding'       => [['Transfer-Encoding: xyz'], undef,
            qr/400|411|501/],
        'a chunk of no size'      => [[@chunked],
            "zz\r\n$BODY\r\n0\r\n\r\n", 400],
        'a negative chunk'        => [[@chunked],
            "-5\r\n$BODY\r\n0\r\n\r\n", 400],
        'chunks of 100 KB'        => [[@chunked],
            "186a0\r\n" . ' ' x 100_000 . "\r\n0\r\n\r\n", 413],
    );
}

# First lines that are not as they should be.
sub odd_lines {
    return (
        'GET /health'                 => qr/0|200|400|505/,
        'GET /health HTTP/0.9'        => qr/0|200|400|505/,
        'GET /health HTTP/3.0'        => qr/400|505/,
        'GET /health HTTP/x'          => qr/400|505/,
        'GET /health FTP/1.1'         => 400,
        "GET /hea\rlth HTTP/1.1"      => qr/400|404/,
        "GET /hea\nlth HTTP/1.1"      => qr/0|400/,
        "GET /hea\0lth HTTP/1.1"      => qr/400|404/,
        'GET /hea lth HTTP/1.1'       => qr/400|404/,
        'A' x 5_000 . ' / HTTP/1.1'   => qr/400|404|405|414|501/,
        "\x16\x03\x01\x02\x00\x01\xfc\x03" => qr/0|400/,
    );
}

# Headers that are not as they should be.
sub odd_headers {
    my ($i) = @_;
    return (
        'two Hosts'                => [['Host: evil.example'], 400],
        'a header without a colon' => [['Nonsense'], qr/200|400/],
        'a blank before the colon' => [['X-A : b'], qr/200|400/],
        'a NUL in a header'        => [["X-A: b\0c"], 400],
        'a header of 40 KB'        => [['X-A: ' . 'a' x 40_000], qr/400|431/],
        '2,000 headers'            => [[map { "X-$_: " . 'a' x 20 } 1 .. 2_000],
            qr/400|431/],
        'an unknown expectation'   => [['Expect: miracles'], qr/200|417/],
    );
}

# Each is the bytes of a request, and what may be answered.
sub odd_requests {
    my ($i) = @_;
    my %bodies = odd_bodies();
    my %lines = odd_lines();
    my %headers = odd_headers();
    my $get = 'GET /health HTTP/1.1';
    return (
        (map { ($_ => [post_text($i, @{ $bodies{$_} }[0, 1]),
            $bodies{$_}[2]]) } keys %bodies),
        (map { (substr($_, 0, 40) =~ s/[^ -~]/?/gr =>
            [get_text($i, $_), $lines{$_}]) } keys %lines),
        (map { ($_ => [get_text($i, $get, @{ $headers{$_}[0] }),
            $headers{$_}[1]]) } keys %headers),
        'no Host'    => [lines($get, 'Connection: close'), 400],
        'a bad Host' => [lines($get, 'Host: a b/c', 'Connection: close'), 400],
    );
}

sub test_requests {
    my ($i) = @_;
    my %requests = odd_requests($i);
    for my $name (sort keys %requests) {
        my ($text, $status) = @{ $requests{$name} };
        my $answer = $i->raw($text);
        like($answer->{status}, qr/\A(?:$status)\z/, $name)
            or diag($answer->{content});
        is_problem($answer, $answer->{status}, qr/./, 'is a problem')
            if $answer->{status} >= 400;
        is_alive($i);
    }
    return;
}

sub test_chunks {
    my ($i) = @_;
    my $head = post_text($i, ['Transfer-Encoding: chunked'], '');
    is_status($i->raw($head . join "\r\n", 8, '{"name":', 'A', '"In Parts"',
        '1;x=y', '}', 0, '', ''), 200, 'a body in chunks');
    is_status($i->request('POST', '/api/djs/register', { name => 'Expected' },
        expect => '100-continue'), 200, 'a body that was asked for first');
    return;
}

# Clients that go before their request is whole, or before its answer.
sub test_hang_up {
    my ($i) = @_;
    my $whole = $i->text('POST', '/api/djs/register', { name => 'Impatient' });
    for my $part (1, 20, length($whole) - 5, length $whole) {
        $i->abort(substr $whole, 0, $part);
        is_status($i->request('GET', '/api/djs?limit=1'), 200,
            "a client went after $part bytes");
    }
    $i->abort("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    is_alive($i);
    return;
}

# What the client wrote does not become a header.
sub test_injection {
    my ($i) = @_;
    for my $target ('/%0d%0aX-Evil:%20yes',
        '/api/djs?limit=1&x=%0d%0aX-Evil:yes',
        '/api/sessions?cursor=%0d%0aX-Evil:yes') {
        my $answer = $i->request('GET', $target);
        is($answer->{headers}{'x-evil'}, undef, "no header from $target");
    }
    new_dj($i, "Evil; filename=x");
    return;
}

sub tests {
    my ($i) = @_;
    test_json($i);
    test_paths($i);
    test_requests($i);
    test_chunks($i);
    test_hang_up($i);
    test_injection($i);
    return;
}

1;
