# SPDX-License-Identifier: MIT
# Presigned URLs equal those of botocore, for random keys and parameters.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Setlink::Presign qw(unit_program presign_line presign_all);
use Test::More;

my $CASES = 2000;

my $seed = $ENV{SETLINK_SEED} // int(rand(2**31));
srand($seed);
diag("seed $seed (set SETLINK_SEED to repeat)");

sub pick { return $_[ rand @_ ] }

# Pieces that encoders get wrong. Bytes, not characters: a key can be any.
my @pieces = (
    ' ', '+', '%', '%20', '%2F', '~', '"', "'", '/', '//', '.', '..', '/./',
    '/../', '=', '&', '?', '#', ';', ':', '@', ',', '!', '$', '*', '(', ')',
    '[', ']', '{', '}', '<', '>', '|', '\\', '^', '`', '-', '_',
    "J\xc3\xbcrgen", "\xe2\x82\xac", "\xf0\x9f\x8e\xa7", "e\xcc\x81",
    "\xff", "\xc3", "\x01", "\t", "\n", "\r\n", "\x1f", "\x7f",
    'data.ogg', 'Set 1', 'abc', '0', 'Z',
);

sub random_text {
    my ($most) = @_;
    return join '', map { pick(@pieces) } 1 .. int(rand($most + 1));
}

# Names must differ: botocore keeps one parameter of a name.
sub random_params {
    my %params;
    $params{ rand() < 0.3
        ? pick(qw(response-content-type response-content-disposition a A a-
                a. prefix versionId))
        : random_text(3) } = rand() < 0.2 ? '' : random_text(6)
        for 1 .. int(rand(9));
    return [%params];
}

my @signers = map { {
    access_key => pick('admin', 'AKIAIOSFODNN7EXAMPLE', 'with space/+%'),
    secret_key => join('', map { pick('a' .. 'z', 0 .. 9, '/', '+') } 1 .. 40),
    region     => pick(qw(us-east-1 eu-central-1 club x)),
} } 1 .. 12;
my @days = map { 86400 * int(rand(60000)) } 1 .. 20;
my @hosts = ('localhost:9000', 'minio:9000', 'recordings.club.example',
    '127.0.0.1:19000', 's3.amazonaws.com', '[::1]:9000');

sub random_case {
    my $sign = pick(@hosts);
    return (
        method      => pick(qw(GET GET GET HEAD PUT)),
        style       => $sign =~ /^\[/ ? 'path' : pick(qw(path path virtual)),
        tls         => int(rand(2)),
        shown       => $sign,
        sign_prefix => pick('', '', '', '/minio', '/a/b%20c'),
        bucket      => pick(qw(session-recorder b.b examplebucket)),
        key         => random_text(12),
        now         => pick(@days) + pick(0, 86399, int(rand(86400))),
        expires     => pick(1, 604800, 1 + int(rand(604800))),
        params      => random_params(),
        %{ pick(@signers) },
    );
}

# The parts that have to be equal; the order of the parameters is free.
sub parts {
    my ($url) = @_;
    my ($path, $query) = split /\?/, $url, 2;
    return [$path, sort split(/&/, $query, -1)];
}

my @cases = map { { random_case() } } 1 .. $CASES;
my @signed = map { { %$_, shown_prefix => $_->{sign_prefix} } } @cases;
my @lines = map { presign_line(%$_) } @signed;
my @ours = presign_all([unit_program('presign-lines')], @lines);
my @theirs = presign_all(
    ['/usr/bin/python3', "$FindBin::Bin/lib/presign_boto.py"], @lines);

my $wrong = 0;
for my $i (0 .. $#cases) {
    my ($got, $want) = (parts($ours[$i]), parts($theirs[$i]));
    next if "@$got" eq "@$want";
    last if ++$wrong > 5;
    is_deeply($got, $want, "case $i of seed $seed") or diag($lines[$i]);
}
is($wrong, 0, "$CASES URLs equal to botocore's");

my %keys = map { my ($day) = $_->{now} =~ /(\d+)/;
    join(' ', @$_{qw(access_key region)}, int($day / 86400)) => 1 } @cases;
cmp_ok(scalar keys %keys, '>', 50, 'with many signing keys');

my @unsorted = grep {
    my ($query) = /\?(.*)&X-Amz-Signature=[0-9a-f]{64}\z/;
    my @names = map { (split /=/, $_, 2)[0] } split /&/, $query // 'b&a';
    join('&', @names) ne join('&', sort @names);
} @ours;
is_deeply(\@unsorted, [], 'parameters are sorted, the signature is last');

done_testing();
