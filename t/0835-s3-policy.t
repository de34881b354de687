# SPDX-License-Identifier: MIT
# The policy that is shipped for MinIO: its user can read the one bucket, and
# nothing else.
use strict;
use warnings;

use Digest::MD5 qw(md5_base64);
use FindBin;
use lib "$FindBin::Bin/lib";
use HTTP::Tiny;
use Setlink::Instance;
use Setlink::Minio;
use Setlink::Presign qw(unit_program presign_all presign_line);
use Test::More;

my $BUCKET = 'session-recorder';

# The status of each request, signed for this user: an array of method, bucket,
# key, content, parameters and headers.
sub statuses {
    my ($minio, $user, $secret, @requests) = @_;
    my @urls = presign_all([unit_program('presign-lines')], map {
        my ($method, $bucket, $key, undef, $params) = @$_;
        presign_line($minio->signer, access_key => $user,
            secret_key => $secret, method => $method, bucket => $bucket,
            key => $key, params => $params // [])
    } @requests);
    my $http = HTTP::Tiny->new(timeout => 60, max_redirect => 0);
    my @answers = map {
        $http->request($requests[$_][0], $urls[$_], {
            content => $requests[$_][3] // '',
            headers => $requests[$_][5] // {},
        })
    } 0 .. $#urls;
    # What became of each of many deletions stands in the body of a 200.
    return map { ($_->{content} // '') =~ /<Code>AccessDenied</ ? 403
        : $_->{status} } @answers;
}

# Requests that must bring the digest of their body.
my $DELETE = '<Delete><Object><Key>metadata.json</Key></Object></Delete>';
my $LIFE = '<LifecycleConfiguration><Rule><ID>x</ID><Status>Enabled</Status>'
    . '<Filter><Prefix></Prefix></Filter><Expiration><Days>1</Days>'
    . '</Expiration></Rule></LifecycleConfiguration>';

sub md5_of {
    my ($body) = @_;
    return { 'Content-MD5' => md5_base64($body) . '==' };
}

my @ALLOWED = (
    ['the listing', 'GET', $BUCKET, '', '', ['list-type', 2]],
    ['an object', 'GET', $BUCKET, 'metadata.json'],
    ['its head', 'HEAD', $BUCKET, 'metadata.json'],
    ['where the events go', 'GET', $BUCKET, '', '', ['notification', '']],
    ['where the bucket is', 'GET', $BUCKET, '', '', ['location', '']],
);
my @REFUSED = (
    ['a new object', 'PUT', $BUCKET, 'new', 'x'],
    ['one over another', 'PUT', $BUCKET, 'metadata.json', 'x'],
    ['a copy', 'PUT', $BUCKET, 'copy', '', [],
        { 'x-amz-copy-source' => "/$BUCKET/metadata.json" }],
    ['an object in parts', 'POST', $BUCKET, 'new', '', ['uploads', '']],
    ['a deletion', 'DELETE', $BUCKET, 'metadata.json'],
    ['many deletions', 'POST', $BUCKET, '', $DELETE, ['delete', ''],
        md5_of($DELETE)],
    ['a deletion of all', 'DELETE', $BUCKET, '', '', [],
        { 'x-minio-force-delete' => 'true' }],
    ['tags', 'PUT', $BUCKET, 'metadata.json', '<Tagging><TagSet/></Tagging>',
        ['tagging', '']],
    ['the events', 'PUT', $BUCKET, '',
        '<NotificationConfiguration/>', ['notification', '']],
    ['the policy', 'PUT', $BUCKET, '', '{}', ['policy', '']],
    ['the policy, read', 'GET', $BUCKET, '', '', ['policy', '']],
    ['versions', 'PUT', $BUCKET, '', '<VersioningConfiguration><Status>Enabled'
            . '</Status></VersioningConfiguration>', ['versioning', '']],
    ['an end of life', 'PUT', $BUCKET, '', $LIFE, ['lifecycle', ''],
        md5_of($LIFE)],
    ['another bucket, listed', 'GET', 'another', '', '', ['list-type', 2]],
    ['another bucket, an object', 'GET', 'another', 'secret'],
    ['another bucket, a new object', 'PUT', 'another', 'new', 'x'],
    ['another bucket, a deletion', 'DELETE', 'another', 'secret'],
    ['a bucket of a longer name', 'GET', "$BUCKET-2", '', '', ['list-type', 2]],
    ['a new bucket', 'PUT', 'newbucket', ''],
    ['the end of the bucket', 'DELETE', $BUCKET, ''],
);

sub check_user {
    my ($minio, @user) = @_;
    my @answers = statuses($minio, @user, map { [@$_[1 .. $#$_]] } @ALLOWED);
    is($answers[$_], 200, "allowed: $ALLOWED[$_][0]") for 0 .. $#ALLOWED;
    @answers = statuses($minio, @user, map { [@$_[1 .. $#$_]] } @REFUSED);
    is($answers[$_], 403, "refused: $REFUSED[$_][0]") for 0 .. $#REFUSED;
    my ($list) = $minio->requests(['GET', $BUCKET, '', '', ['list-type', 2]]);
    is_deeply([$list =~ /<Key>(.*?)<\/Key>/g], ['metadata.json'],
        'the bucket is as it was');
    return;
}

sub fill {
    my ($minio) = @_;
    $minio->make_bucket($_) for 'another', "$BUCKET-2";
    $minio->put($BUCKET, { 'metadata.json' => '{}' });
    $minio->put('another', { secret => 'x' });
    return;
}

subtest 'the user of the tests' => sub {
    my $minio = Setlink::Minio->start;
    $minio->make_bucket($BUCKET);
    fill($minio);
    my %settings = $minio->settings($BUCKET);
    check_user($minio, @settings{map { "SESSION_RECORDER_MINIO_$_" }
        qw(ACCESS_KEY SECRET_KEY)});
};

subtest 'the user of the quickstart' => sub {
    my $instance = Setlink::Instance->start;
    my @user = map { $instance->env("SESSION_RECORDER_MINIO_$_") }
        qw(ACCESS_KEY SECRET_KEY);
    isnt($user[0], $instance->env('MINIO_ROOT_USER'), 'is not root');
    fill($instance->{minio});
    check_user($instance->{minio}, @user);
};

done_testing();
