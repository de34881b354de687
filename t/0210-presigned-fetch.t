# SPDX-License-Identifier: MIT
# Presigned URLs for odd keys and parameters are fetched from a real MinIO, and
# those that must not work are refused by it.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use HTTP::Tiny;
use Setlink::Minio;
use Setlink::Presign qw(unit_program presign presign_line presign_all);
use Test::More;

my $CASES = 300;
my $BUCKET = 'session-recorder';

my $seed = $ENV{SETLINK_SEED} // int(rand(2**31));
srand($seed);
diag("seed $seed (set SETLINK_SEED to repeat)");

my $minio = Setlink::Minio->start;
my $http = HTTP::Tiny->new(timeout => 60, max_redirect => 0);
my %place = ($minio->signer, bucket => $BUCKET);

sub pick { return $_[ rand @_ ] }

# MinIO takes no empty, "." or ".." part of a key and no invalid UTF-8. Each
# key begins with a number of its own, so none is a folder of another.
my @pieces = (
    ' ', '+', '%', '%20', '%2F', '~', '"', "'", '=', '&', '?', '#', ';', ':',
    '@', ',', '!', '$', '*', '(', ')', '[', ']', '{', '}', '<', '>', '|', '^',
    '`', '-', '_', '.x', "J\xc3\xbcrgen", "\xe2\x82\xac", "\xf0\x9f\x8e\xa7",
    "e\xcc\x81", "\x01", "\t", "\n", "\x7f", 'data.ogg', 'Set 1', '/x',
);

sub random_text {
    my ($most) = @_;
    return join '', map { pick(@pieces) } 0 .. int(rand($most));
}

# What is sent back as a header has no control characters.
sub random_header {
    my $text = random_text(8);
    $text =~ s/[\x00-\x1f\x7f]//g;
    return "attachment; filename=\"x\"; y=$text.";
}

my (%objects, @cases);
for my $i (1 .. $CASES) {
    my $key = sprintf('%03d', $i) . random_text(10) . 'z';
    $objects{$key} = "content $i";
    push @cases, {
        key         => $key,
        content     => "content $i",
        disposition => random_header(),
    };
}
$minio->make_bucket($BUCKET);
$minio->put($BUCKET, \%objects);

my @urls = presign_all([unit_program('presign-lines')], map {
    presign_line(%place, key => $_->{key},
        region => pick('us-east-1', 'elsewhere'), params => [
            'response-content-disposition' => $_->{disposition},
            'response-content-type'        => 'audio/ogg',
        ])
} @cases);

my $wrong = 0;
for my $i (0 .. $#cases) {
    my $answer = $http->get($urls[$i]);
    my $case = $cases[$i];
    next if $answer->{status} == 200
        && $answer->{content} eq $case->{content}
        && $answer->{headers}{'content-type'} eq 'audio/ogg'
        && $answer->{headers}{'content-disposition'} eq $case->{disposition};
    last if ++$wrong > 5;
    fail("case $i of seed $seed: $urls[$i]");
    diag(explain($answer));
}
is($wrong, 0, "$CASES URLs fetched, with the headers that were asked for");

my $key = 'recorder/sessions/1/data.ogg';
$minio->put($BUCKET, { $key => '0123456789' });
my $good = presign(%place, key => $key);

# The status, and S3's name and reason for an error.
sub refusal {
    my ($method, $url) = @_;
    my $answer = $http->request($method, $url);
    my $body = $answer->{content} // '';
    my ($code) = $body =~ m{<Code>(.*?)</Code>};
    my ($reason) = $body =~ m{<Message>(.*?)</Message>};
    return join ' ', $answer->{status}, $code // '', $reason // '';
}

is($http->get($good)->{content}, '0123456789', 'the plain one');
is($http->get($good, { headers => { Range => 'bytes=2-4' } })->{content},
    '234', 'a range of it');
is($http->get(presign(%place, key => $key, expires => 604800))->{status}, 200,
    'seven days');
like(refusal('HEAD', $good), qr/^403 /, 'HEAD with a URL for GET');
is($http->head(presign(%place, key => $key, method => 'HEAD'))->{status}, 200,
    'HEAD with a URL for HEAD');
like(refusal('GET', presign(%place, key => $key, now => time - 120,
    expires => 60)), qr/^403 AccessDenied .*expired/i, 'expired');
like(refusal('GET', presign(%place, key => $key, now => time + 1200)),
    qr/^403 AccessDenied .*not valid yet/, 'a clock 20 minutes fast');
is($http->get(presign(%place, key => $key, now => time - 1200))->{status}, 200,
    'a clock 20 minutes slow only shortens the life');
like(refusal('GET', presign(%place, key => $key, access_key => 'nobody')),
    qr/^403 InvalidAccessKeyId/, 'an unknown access key');
like(refusal('GET', presign(%place, key => $key, secret_key => 'wrong')),
    qr/^403 SignatureDoesNotMatch/, 'a wrong secret');
like(refusal('GET', "$good&response-content-type=text/html"),
    qr/^403 SignatureDoesNotMatch/, 'a parameter added');
(my $other = $good) =~ s/data\.ogg/data.raw/;
like(refusal('GET', $other), qr/^403 SignatureDoesNotMatch/, 'another key');
(my $longer = $good) =~ s/Expires=3600/Expires=3601/;
like(refusal('GET', $longer), qr/^403 SignatureDoesNotMatch/, 'a longer life');
like(refusal('GET', presign(%place, key => "$key.none")),
    qr/^404 NoSuchKey/, 'an object that is not there');
(my $localhost = $good) =~ s/127\.0\.0\.1/localhost/;
like(refusal('GET', $localhost), qr/^403 SignatureDoesNotMatch/,
    'localhost and 127.0.0.1 are different hosts');
like($http->get(presign(%place, key => '',
    params => ['list-type' => 2, prefix => 'recorder/']))->{content},
    qr{<Key>\Q$key\E</Key>}, 'the bucket itself');

done_testing();
