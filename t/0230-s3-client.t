# SPDX-License-Identifier: MIT
# The client of src/s3 against a real MinIO, and against servers that fail.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Select;
use IO::Socket::INET;
use Setlink::Minio;
use Setlink::Presign qw(unit_program presign);
use Setlink::Process qw(free_port);
use Setlink::Proxy;
use Socket qw(SOL_SOCKET SO_LINGER);
use Test::More;

my $BUCKET = 'session-recorder';

my $minio = Setlink::Minio->start;
my @login = ($minio->user, $minio->password);
$minio->make_bucket($BUCKET);

# What s3-requests prints. The environment names a proxy that does not exist:
# the client takes none from there.
sub run_client {
    my (@args) = @_;
    local @ENV{qw(http_proxy https_proxy all_proxy no_proxy)} =
        (('http://127.0.0.1:1') x 3, '');
    open my $out, '-|', unit_program('s3-requests'), @args
        or die "s3-requests: $!\n";
    chomp(my @lines = <$out>);
    close $out or return "exit status $?";
    return @lines;
}

# An answer for each key: status, error, time, body and detail.
sub send_requests {
    my ($authority, $login, $bucket, $method, $max, @keys) = @_;
    return map {
        my ($status, $error, $time, $body, $detail) = split / /, $_, 5;
        {
            status => $status, error => $error, time => $time,
            body => $body eq '-' ? '' : pack('H*', $body),
            detail => $detail,
        }
    } run_client($authority, @$login, $bucket, $method, $max,
        map { length ? unpack('H*', $_) : '-' } @keys);
}

sub get {
    my ($authority, @keys) = @_;
    return send_requests($authority, \@login, $BUCKET, 'GET', 4096, @keys);
}

# Status, error and detail in one line, and no secret in it.
sub is_answer {
    my ($answer, $want, $name) = @_;
    my $got = join ' ', @$answer{qw(status error detail)};
    like($got, $want, $name);
    unlike($got, qr/password|Signature=|X-Amz/, "$name: nothing secret");
    return;
}

# --- Objects.

my %objects = map { ("recorder/sessions/$_/metadata.json" => "body $_") }
    1 .. 100;
$objects{'empty'} = '';
$objects{"odd/J\xc3\xbcrgen +%2F~.json"} = 'odd';
$objects{'large'} = 'x' x 4097;
$objects{'just'} = 'y' x 4096;
$minio->put($BUCKET, \%objects);
my $authority = $minio->authority;

my @keys = grep { $_ ne 'large' } sort keys %objects;
my @answers = get($authority, @keys);
is_deeply([map { $_->{body} } @answers], [@objects{@keys}],
    'many objects at a time, each into its own request');
is_deeply([grep { $_->{status} != 200 || $_->{error} ne 'ok' } @answers], [],
    'all are ok');
cmp_ok(abs($answers[0]{time} / 1e6 - time), '<', 60, "the server's time");
is_answer((get($authority, 'large'))[0],
    qr/^200 too_large MinIO at \Q$authority\E sent more than the 4096 bytes/,
    'one byte too long');
is_answer((get($authority, 'none'))[0],
    qr/^404 not_found MinIO at \S+ refused the request: NoSuchKey, HTTP 404$/,
    'an object that is not there');
my ($head) = send_requests($authority, \@login, $BUCKET, 'HEAD', 0, 'large');
is("$head->{status} $head->{error} $head->{body}", '200 ok ', 'HEAD');
is_answer((send_requests($authority, \@login, $BUCKET, 'HEAD', 0, 'none'))[0],
    qr/^404 not_found /, 'HEAD of nothing');

# Parts, and that a handle does not keep its range for the next request.
for my $case (['0-3', 206, 'xxxx'], ['4090-5000', 206, 'x' x 7],
    ['4096-4096', 206, 'x']) {
    my ($range, $status, $body) = @$case;
    my ($part) = send_requests($authority, \@login, $BUCKET, 'GET',
        "100:$range", 'large');
    is("$part->{status} $part->{error} $part->{body}", "$status ok $body",
        "the bytes $range");
}
is_answer((send_requests($authority, \@login, $BUCKET, 'GET', '100:4097-4099',
    'large'))[0], qr/^416 internal .*InvalidRange/, 'a range past the end');
is_answer((send_requests($authority, \@login, $BUCKET, 'GET', '3:0-3',
    'large'))[0], qr/^206 too_large /, 'a part may be too large');
is_answer((send_requests($authority, \@login, $BUCKET, 'PUT', 0, 'x'))[0],
    qr/^0 invalid only GET and HEAD/, 'nothing is ever written');
for my $case (['versioning', '', qr/^0 invalid only GET and HEAD/],
    ['notification', 'x', qr/^0 invalid only GET and HEAD/],
    ['notification', '', qr/^400 internal .*MalformedXML/]) {
    my ($setting, $key, $want) = @$case;
    is_answer((send_requests($authority, \@login, $BUCKET, 'PUT',
        "4096?$setting", $key))[0], $want, "a PUT of $setting of '$key'");
}
is_answer((send_requests($authority, \@login, 'elsewhere', 'GET', 0, 'x'))[0],
    qr/^404 not_found .*NoSuchBucket/, 'a bucket that is not there');
is_answer((send_requests($authority, [$login[0], 'passwordx'], $BUCKET, 'GET',
    0, 'empty'))[0], qr/^403 unauthorized .*SignatureDoesNotMatch/,
    'a wrong secret');
is_answer((send_requests($authority, ['nobody', $login[1]], $BUCKET, 'GET', 0,
    'empty'))[0], qr/^403 unauthorized .*InvalidAccessKeyId/,
    'an unknown access key');

# --- A URL as it is.

my %place = ($minio->signer, bucket => $BUCKET, key => 'just');
for my $case (
    [presign(%place), qr/^200 ok $/, 'a presigned URL'],
    [presign(%place, now => time - 100, expires => 5),
        qr/^403 forbidden \Q$authority\E refused the request: AccessDenied/,
        'an expired one'],
    ['ftp://127.0.0.1/x', qr/^0 unavailable /, 'no ftp'],
    ['file:///etc/passwd', qr/^0 unavailable /, 'no file'],
) {
    my ($url, $want, $name) = @$case;
    my ($line) = run_client($authority, @login, $BUCKET, 'url', 4096, $url);
    my ($status, $error, undef, undef, $detail) = split / /, $line, 5;
    is_answer({ status => $status, error => $error, detail => $detail },
        $want, $name);
}

# --- Pages. The key at the end of the first page goes into the token: let it
# be an odd one, another each time.

my @odd = map { "odd/0$_" } ('~~~', 'a~~~', 'ab~~~', '???', 'a???', 'ab???',
    ' +%20%2B', "\xc3\xbc\xe2\x82\xac", '&=;#', "'\"<>");
my %listed = map { ($_ => 'z') } (map { sprintf 'k%04d', $_ } 1 .. 999), @odd,
    'z';
my $pages = 'pages';
$minio->make_bucket($pages);
$minio->put($pages, \%listed);
my @left = sort keys %listed;

my $plus = 0;
for my $round (1 .. @odd) {
    my @lines = run_client($authority, @login, $pages, 'list');
    my @heads = grep { /^page/ } @lines;
    my @got = map { pack 'H*', (split)[0] } grep { !/^page/ } @lines;
    is_deeply(\@got, \@left, "all keys, with '$left[999]' in the token");
    is(scalar @heads, 2, 'two pages');
    my $token = (split / /, $heads[0])[2];
    $plus++ if $token ne '-' && pack('H*', $token) =~ /\+/;
    $minio->remove($pages, shift @left);
}
cmp_ok($plus, '>', 0, 'a token with a plus sign was among them');
my ($line) = grep { /^@{[unpack 'H*', 'z']} / }
    run_client($authority, @login, $pages, 'list');
like($line, qr/^7a [0-9a-f]{32} 1 (\d{16})$/, 'etag, size and time');

# --- Servers that fail.

my $dead = '127.0.0.1:' . free_port();
my @refused = get($dead, ('x') x 200);
is(scalar(grep { $_->{error} eq 'unavailable' } @refused), 200,
    'all requests to a dead server are handed back');
is_answer($refused[$_], qr/^0 unavailable MinIO at $dead cannot be reached: /,
    "request $_ to a dead server") for 0, 199;

sub failing {
    my ($directives) = @_;
    return Setlink::Proxy->start(
        server => "location / { $directives }");
}

for my $status (429, 500, 502, 503, 504) {
    my $proxy = failing("return $status;");
    is_answer((get($proxy->authority, 'x'))[0],
        qr/^$status unavailable MinIO at \S+ is not able to answer: HTTP/,
        "HTTP $status");
    is_deeply([$proxy->all_requests], [("GET $status") x 3],
        "$status is tried three times");
}
for my $case ([302, 'internal'], [400, 'internal'], [401, 'unauthorized'],
    [403, 'forbidden'], [404, 'not_found'], [501, 'unavailable']) {
    my ($status, $error) = @$case;
    my $proxy = failing($status == 302 ? "return 302 http://$authority/;"
        : "return $status;");
    is_answer((get($proxy->authority, 'x'))[0], qr/^$status $error /,
        "HTTP $status");
    is_deeply([$proxy->all_requests], ["GET $status"],
        "$status is tried once");
}

my $long = failing('set $x ' . 'x' x 1000
    . '; return 403 "<Error><Code>Sl&#x6f;w</Code>$x$x$x$x$x";');
my ($answer) = get($long->authority, 'x');
is_answer($answer, qr/^403 forbidden .*: Slow, HTTP 403$/,
    'a long body of an error');
is(length $answer->{body}, 4096, 'of which the beginning is kept');

my ($pem, $key) = Setlink::Proxy::certificate('localhost');
my $tls = Setlink::Proxy->start(listen => 'ssl', server => <<"END");
ssl_certificate $pem;
ssl_certificate_key $key;
location / { return 200; }
END
is_answer((get('https://localhost:' . $tls->port, 'x'))[0],
    qr/^0 unavailable MinIO at \S+ cannot be reached: SSL certificate problem: self-signed certificate/,
    'a certificate that nobody has signed');
is_deeply([$tls->all_requests], [], 'nothing was sent there');

my $bad = Setlink::Proxy->start(
    server => 'location / { default_type text/xml; return 200 "<html/>"; }');
open my $null, '>&', \*STDERR;
open STDERR, '>', '/dev/null';
is((run_client($bad->authority, @login, $BUCKET, 'list'))[0],
    'exit status 512', 'what is no listing is refused');
open STDERR, '>&', $null;

# A proxy before MinIO that resets the first `n` connections after they have
# sent a request.
sub resetting {
    my ($n) = @_;
    my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 16)
        or die "no socket: $@\n";
    my $pid = fork // die "fork: $!\n";
    return ($pid, '127.0.0.1:' . $server->sockport) if $pid;
    $SIG{TERM} = 'DEFAULT';
    while (my $client = $server->accept) {
        sysread $client, my $request, 65536;
        if ($n-- > 0) {
            setsockopt $client, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0);
            close $client;
            next;
        }
        my $inner = IO::Socket::INET->new(PeerAddr => $authority);
        syswrite $inner, $request;
        my $both = IO::Select->new($client, $inner);
        READ: while (my @ready = $both->can_read) {
            for my $from (@ready) {
                sysread $from, my $bytes, 65536 or last READ;
                syswrite $from == $client ? $inner : $client, $bytes;
            }
        }
    }
    POSIX::_exit(0);
}

for my $case ([2, qr/^200 ok $/, 'two resets'],
    [3, qr/^0 unavailable the request to MinIO at \S+ failed: /, 'three']) {
    my ($n, $want, $name) = @$case;
    my ($pid, $flaky) = resetting($n);
    is_answer((get($flaky, 'just'))[0], $want, $name);
    kill 'TERM', $pid;
    waitpid $pid, 0;
}

done_testing();
