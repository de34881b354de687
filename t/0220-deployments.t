# SPDX-License-Identifier: MIT
# The three ways to reach MinIO from outside: itself, a proxy on a name of its
# own, a proxy under a path. Each through a real nginx; what is signed for
# something else than MinIO sees is refused.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Setlink::Minio;
use Setlink::Presign qw(presign);
use Setlink::Process qw(scratch);
use Setlink::Proxy;
use Test::More;

my $BUCKET = 'session-recorder';
my $CONTENT = join '', map { chr($_ % 256) } 0 .. 99_999;
my @KEYS = (
    '0196f1f2-0000-4000-8000-000000000001/sessions/'
        . '0196f1f2-0000-4000-8000-000000000002/data.ogg',
    "odd/J\xc3\xbcrgen's set +100% #1 ~(a&b=c;d)?.ogg",
);
my @PARAMS = (
    'response-content-type'        => 'audio/ogg',
    'response-content-disposition' =>
        q{attachment; filename="J_rgen.ogg"; filename*=UTF-8''J%C3%BCrgen.ogg},
);

my $minio = Setlink::Minio->start;
my $inner = $minio->authority;
$minio->make_bucket($BUCKET);
$minio->put($BUCKET, { map { $_ => $CONTENT } @KEYS });

my @connect;    # how curl finds a name that no server of names knows

# Fetch with curl, which like a browser takes host and path from the URL.
# Returns the status, the head and the body.
sub fetch {
    my ($url, @options) = @_;
    my $head = scratch() . '/head';
    open my $curl, '-|', 'curl', '--silent', '--globoff', '--noproxy', '*',
        '--dump-header', $head, @connect, @options, $url
        or die "curl: $!\n";
    binmode $curl;
    my $body = do { local $/; <$curl> } // '';
    close $curl or return (0, "curl: $?", '');
    open my $file, '<', $head or die "$head: $!\n";
    my $text = do { local $/; <$file> };
    my ($status) = $text =~ m{^HTTP/\S+ (\d+)};
    return ($status, $text, $body);
}

sub sign {
    my (%how) = @_;
    return presign(
        bucket => $BUCKET, key => $KEYS[0], access_key => $minio->user,
        secret_key => $minio->password, params => \@PARAMS, %how);
}

sub fetches {
    my ($name, %how) = @_;
    for my $key (@KEYS) {
        my ($status, $head, $body) = fetch(sign(%how, key => $key));
        ok($status == 200 && $body eq $CONTENT, "$name: fetched")
            or diag($head, $status == 200 ? '' : $body);
        like($head, qr{^Content-Type: audio/ogg\r$}mi, "$name: type");
    }
    for my $range (['0-9', 0, 10], ['-7', -7, 7], ['99990-', 99_990, 10]) {
        my ($status, $head, $body) =
            fetch(sign(%how), '--range', $range->[0]);
        ok($status == 206
            && $body eq substr($CONTENT, $range->[1], $range->[2]),
            "$name: range $range->[0]") or diag($head);
    }
    my ($status) = fetch(sign(%how), '--range', '100000-');
    is($status, 416, "$name: a range past the end");
    refuses("$name: expired", 'AccessDenied', %how,
        now => time - 100, expires => 10);
    refuses("$name: a clock 20 minutes fast", 'AccessDenied', %how,
        now => time + 1200);
    refuses("$name: unknown access key", 'InvalidAccessKeyId', %how,
        access_key => 'nobody');
    refuses("$name: wrong secret", 'SignatureDoesNotMatch', %how,
        secret_key => 'password124');
    return;
}

sub refuses {
    my ($name, $code, %how) = @_;
    my ($status, undef, $body) = fetch(sign(%how));
    my ($got) = $body =~ m{<Code>(\w+)</Code>};
    is("$status " . ($got // ''), "403 $code", "$name is refused");
    return;
}

# A proxy whose only location has these directives, reached as `authority`.
sub proxy {
    my ($authority, $path, $directives, %option) = @_;
    my $proxy = Setlink::Proxy->start(%option, server => <<"END");
$option{server}
location $path {
	proxy_http_version 1.1;
	$directives
}
END
    my ($port) = $authority =~ /:(\d+)$/;
    $port //= $option{listen} ? 443 : 80;
    (my $host = $authority) =~ s/:\d+$//;
    @connect = ('--connect-to', "$host:$port:" . $proxy->authority);
    return $proxy;
}

# 1. MinIO itself.
fetches('MinIO itself', shown => $inner);
fetches('MinIO as localhost', shown => 'localhost:' . $minio->port);
refuses('MinIO signed as localhost', 'SignatureDoesNotMatch',
    shown => $inner, sign => 'localhost:' . $minio->port);

# 2. A proxy on a host name of its own that preserves Host.
my $name = 'recordings.club.example';
my ($certificate, $key) = Setlink::Proxy::certificate($name);
proxy($name, '/', "proxy_pass http://$inner; proxy_set_header Host \$host;",
    listen => 'ssl',
    server => "ssl_certificate $certificate; ssl_certificate_key $key;");
push @connect, '--cacert', $certificate;
fetches("https://$name", shown => $name, tls => 1);
refuses('with the default port signed', 'SignatureDoesNotMatch',
    shown => $name, sign => "$name:443", tls => 1);

proxy("$name:8080", '/',
    "proxy_pass http://$inner; proxy_set_header Host \$http_host;",
    server => '');
fetches('Host with its port', shown => "$name:8080");
refuses('signed without the port', 'SignatureDoesNotMatch',
    shown => "$name:8080", sign => $name);

proxy("$name:8080", '/',
    "proxy_pass http://$inner; proxy_set_header Host \$host;", server => '');
fetches('Host without its port', shown => "$name:8080", sign => $name);
refuses('signed with the port', 'SignatureDoesNotMatch',
    shown => "$name:8080");

# 3. A proxy under a path that strips it.
my $club = 'club.local:3000';
proxy($club, '/minio/',
    "proxy_pass http://$inner/; proxy_set_header Host minio:9000;",
    server => '');
fetches('stripped path, inner Host', shown => $club,
    shown_prefix => '/minio', sign => 'minio:9000');
refuses('signed for the public prefix', 'SignatureDoesNotMatch',
    shown => $club, shown_prefix => '/minio', sign_prefix => '/minio');
refuses('signed for the public host', 'SignatureDoesNotMatch',
    shown => $club, shown_prefix => '/minio');

proxy($club, '/minio/',
    "proxy_pass http://$inner/; proxy_set_header Host \$http_host;",
    server => '');
fetches('stripped path, Host kept', shown => $club,
    shown_prefix => '/minio');
refuses('signed for the inner host', 'SignatureDoesNotMatch',
    shown => $club, shown_prefix => '/minio', sign => 'minio:9000');

proxy($club, '/minio/', "proxy_pass http://$inner/;", server => '');
fetches("stripped path, the upstream's name", shown => $club,
    shown_prefix => '/minio', sign => $inner);

done_testing();
