# SPDX-License-Identifier: MIT
# TLS to MinIO, with a certificate of one's own CA: verified always.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP qw(decode_json);
use Setlink::Authority;
use Setlink::Command qw(setlink);
use Setlink::Database;
use Setlink::FastCGI;
use Setlink::Minio;
use Setlink::Process qw(scratch);
use Setlink::Proxy;
use Setlink::Recordings qw(recording_objects uuid_of);
use Test::More;

my $BUCKET = 'session-recorder';

my $minio = Setlink::Minio->start;
my $database = Setlink::Database->start;
$minio->make_bucket($BUCKET);
$minio->put($BUCKET, { 'metadata.json' => '{}', recording_objects({
    recorder => uuid_of(1, 1), id => uuid_of(2, 1), start => time - 7200,
    end => time - 3600, files => ['ogg', 'waveform'],
}) });
my %settings = ($database->create, $minio->settings($BUCKET),
    SETLINK_LOG => 'warn');
is((setlink(\%settings, 'migrate'))[0], 0, 'setlink migrate');

my ($authority, $other) = map { Setlink::Authority->new } 1 .. 2;
my $NAMES = 'DNS:localhost,IP:127.0.0.1';
$minio->stop;
$minio->start_with_tls($authority->sign($NAMES, 2));
my $url = $minio->url;
like($url, qr/\Ahttps:/, 'MinIO speaks TLS');

# `setlink sync --json`: "STATUS EXIT DETAIL".
sub sync {
    my ($endpoint, $ca, %other) = @_;
    my ($status, $out) = setlink({ %settings,
        SESSION_RECORDER_MINIO_ENDPOINT => $endpoint,
        SESSION_RECORDER_MINIO_CA_FILE  => $ca, %other }, 'sync', '--json');
    my $report = (eval { decode_json($out) }) // { status => $out };
    return "$report->{status} $status " . ($report->{detail} // '');
}

is(sync($url, $authority->file), 'done 0 ', 'with its CA');
is(sync($url =~ s/127\.0\.0\.1/localhost/r, $authority->file), 'done 0 ',
    'by its name');

# --- Whom it does not trust.

my @traps;

# A server in MinIO's place with this certificate.
sub trap {
    my ($pem, $key) = @_;
    push @traps, Setlink::Proxy->start(listen => 'ssl', server => <<"END");
ssl_certificate $pem;
ssl_certificate_key $key;
location / { proxy_pass http://127.0.0.1:9; }
END
    return 'https://' . $traps[-1]->authority;
}

my $UNREACHABLE = qr/failed 69 MinIO at \S+ cannot be reached: /;
my $expired = trap($authority->sign($NAMES, -1));
my $misnamed = trap($authority->sign('DNS:elsewhere.example,IP:127.0.0.2', 2));
my $self_signed = trap(Setlink::Proxy::certificate('localhost'));
for my $case (
    ['of another CA', $url, $other->file, qr/unable to get local issuer/],
    ['of no CA that the system has', $url, '', qr/unable to get local issuer/],
    ['that is over', $expired, $authority->file, qr/certificate has expired/],
    ['for another host', $misnamed, $authority->file,
        qr/subject name|does not match/],
    ['that signs itself', $self_signed, $authority->file,
        qr/self-signed certificate/],
) {
    my ($name, $endpoint, $ca, $why) = @$case;
    like(sync($endpoint, $ca), qr/\A$UNREACHABLE.*$why/, "a certificate $name");
}

# What stands in the setting, or in the environment, never turns it off.
my ($empty, $words) = map { scratch() . "/$_" } qw(empty words);
for my $case ([$empty, ''], [$words, "no certificate\n"]) {
    open my $file, '>', $case->[0] or die "$case->[0]: $!\n";
    print {$file} $case->[1];
    close $file or die "$case->[0]: $!\n";
}
like(sync($url, $_), qr/\A$UNREACHABLE.*\Q$_\E/, "the CA file $_")
    for $empty, $words, '/nonexistent/ca.pem', '/dev/null', scratch(), 'none',
    'false', '0';
my %off = (CURL_CA_BUNDLE => $authority->file, SSL_CERT_FILE =>
    $authority->file, SSL_CERT_DIR => scratch(), CURL_INSECURE => 1,
    PYTHONHTTPSVERIFY => 0, SESSION_RECORDER_MINIO_INSECURE => 'true');
like(sync($url, $other->file, %off), qr/\A$UNREACHABLE.*local issuer/,
    'the environment makes no difference');
like(sync("http://" . $minio->authority, $authority->file),
    qr/\Afailed \d+ MinIO at /, 'MinIO does not do without TLS');
is_deeply([map { $_->all_requests } @traps], [],
    'no request was sent to whom it does not trust');

# --- What tells.

sub finding {
    my (%other) = @_;
    my (undef, $out) = setlink({ %settings,
        SESSION_RECORDER_PUBLIC_ENDPOINT => $url, %other }, 'check');
    return join '', grep { /^\S+ +(?:MinIO|presigned)/ } split /^/, $out;
}

like(finding(SESSION_RECORDER_MINIO_ENDPOINT => $url,
        SESSION_RECORDER_MINIO_CA_FILE => $authority->file),
    qr/\Aok +MinIO .*^ok +presigned URL .*comes through/ms,
    'setlink check finds all well');
like(finding(SESSION_RECORDER_MINIO_ENDPOINT => $url),
    qr/\AFAIL +MinIO .*local issuer certificate.*RECORDER_MINIO_CA_FILE/,
    'or says which setting to look at');
my $ready = (Setlink::FastCGI->run_cgi({ %settings,
        SESSION_RECORDER_MINIO_ENDPOINT => $url },
    Setlink::FastCGI::variables(REQUEST_URI => '/ready')))[1];
is($ready->{status}, 503, '/ready does, too');
is(sync($url, $authority->file), 'done 0 ', 'and the next refresh is well');

done_testing();
