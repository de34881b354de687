# SPDX-License-Identifier: MIT
# What `setlink check` and `setlink probe` say when something is wrong.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use POSIX qw(strftime);
use Setlink::Command qw(setlink);
use Setlink::Database;
use Setlink::Minio;
use Setlink::Process qw(free_port);
use Setlink::Proxy;
use Setlink::Relay;
use Test::More;

my $BUCKET = 'session-recorder';
my $RECORDER = '10b26ce0-75ff-4548-84e1-c91d955b1151';

my $minio = Setlink::Minio->start;
my $database = Setlink::Database->start;
$minio->make_bucket($BUCKET);

my %settings = ($database->create,
    $minio->settings($BUCKET),
    SESSION_RECORDER_PUBLIC_ENDPOINT => $minio->url,
    SETLINK_LOG                      => 'error');

# The exit status, and for each subject "ok: FINDING" or "FAIL: FINDING".
sub check {
    my (%other) = @_;
    my ($status, $out, $err) = setlink({ %settings, %other }, 'check');
    my %lines;
    for my $line (split /\n/, $out) {
        $line =~ /^(ok|FAIL) +(\S+(?: \S+)?)  +(\S.*)\z/
            or fail("a line of check: $line");
        $lines{$2} = "$1: $3";
    }
    unlike($out . $err, qr/password123|only for tests|X-Amz|SELECT/,
        'nothing secret is shown');
    my $failed = grep { /^FAIL/ } values %lines;
    is($status, $lines{settings} =~ /^FAIL/ ? 78 : $failed ? 1 : 0,
        'the exit status says whether all is well');
    return \%lines;
}

# Exactly these subjects fail.
sub is_failing {
    my ($lines, $want, $name) = @_;
    my @failing = grep { $lines->{$_} =~ /^FAIL/ } sort keys %$lines;
    is_deeply(\@failing, [sort keys %$want], $name)
        or diag(explain($lines));
    like($lines->{$_} // '', $want->{$_}, "$name: $_") for sort keys %$want;
    return;
}

sub sql { return $database->query($settings{SETLINK_DB_NAME}, @_) }

# --- Settings, database, schema.

is_failing(check(SESSION_RECORDER_BUCKET_NAME => 'No Bucket'),
    { settings => qr/BUCKET_NAME: "No Bucket" must be an S3 bucket name/ },
    'a wrong setting');
is_failing(check(SETLINK_DB_PASSWORD => 'wrong'),
    { database => qr/refuses the user or the password.*user setlink/ },
    'a wrong password');
is_failing(check(SETLINK_DB_NAME => 'nothing'),
    { database => qr/may not use the database|no such database/ },
    'a wrong database');
is_failing(check(SETLINK_DB_SOCKET => '/nonexistent'),
    { database => qr/cannot be reached.*at \/nonexistent/ }, 'no database');
is_failing(check(), { schema => qr/version 0.*run setlink migrate/ },
    'no tables');
is((setlink(\%settings, 'migrate'))[0], 0, 'setlink migrate');
is_failing(check(),
    { index => qr/never filled: run setlink sync/ }, 'no index');
sql('INSERT INTO schema_migrations VALUES (99, "later", NOW())');
is_failing(check(), { schema => qr/version 99.*install a newer setlink/ },
    'a newer database');
sql('DELETE FROM schema_migrations WHERE version = 99');

# --- No recordings.

is((setlink(\%settings, 'sync'))[0], 0, 'setlink sync');
my $lines = check();
is_failing($lines,
    { recordings => qr/none in the bucket session-recorder/ },
    'an empty bucket');
like($lines->{'presigned URL'}, qr/ok: not tried: there is no metadata\.json/,
    'no URL to try');

my $session = "$RECORDER/sessions/00000000-0000-4000-8000-000000000001";
my $start = time - 7200;

sub metadata {
    return strftime('{"start_time":"%Y-%m-%dT%H:%M:%SZ","is_closed":true,'
        . '"duration":3600000000000}', gmtime $_[0]);
}

$minio->put($BUCKET, { 'metadata.json' => '{}',
    "$session/data.ogg" => 'OggS' . 'x' x 300_000 });
setlink(\%settings, 'sync');
$lines = check();
is_failing($lines, { recordings => qr/1, and of none is the start known/ },
    'a recording without metadata');
like($lines->{'presigned URL'}, qr/ok: .*data\.ogg comes through/,
    'its file is tried');
$minio->put($BUCKET, { "$session/metadata.json" => metadata($start) });
setlink(\%settings, 'sync');
$lines = check();
is_failing($lines, {}, 'all is well');
is_deeply([sort keys %$lines], [sort qw(settings database schema MinIO clock
        credentials bucket index recordings sets events), 'recording now',
        'presigned URL'],
    'a line for each');
like($lines->{recordings},
    qr/ok: 1 \(0 without a known start\), the newest began at 2/,
    'the recordings are told');

# --- The index.

sql('UPDATE sync_state SET finished_at = UTC_TIMESTAMP(6) - INTERVAL 3 DAY');
is_failing(check(), { index => qr/it is 3 days old: run setlink sync/ },
    'an old index');
is((setlink({ %settings, SESSION_RECORDER_MINIO_SECRET_KEY => 'wrong' },
        'sync'))[0], 1, 'a refresh fails');
is_failing(check(),
    { index => qr/the last refresh failed \d+ s ago: .*SignatureDoesNot/ },
    'a refresh that failed');
setlink(\%settings, 'sync');

# --- The newest set.

sub make_set {
    my ($minutes) = @_;
    my $time = $start + 60 * $minutes;
    sql(<<"END");
DELETE FROM sessions;
INSERT INTO sessions (id, dj_id, started_at, ended_at)
VALUES (REPEAT('s', 16), REPEAT('d', 16), FROM_UNIXTIME($time),
FROM_UNIXTIME($time + 60))
END
    return;
}

make_set(-7);
is_failing(check(), { sets =>
    qr/nearest one began 7 min after it, with \S+_LINK_TOLERANCE=5 minutes/ },
    'a set that began too early');
make_set(100);
is_failing(check(), { sets => qr/the nearest one began 100 min before it/ },
    'one that began too late');
make_set(-60 * 24 * 30);
is_failing(check(), { sets => qr/none began within a day.*was running/ },
    'one that nothing was recorded of');
sql('UPDATE sessions SET link_barred = 1');
is_failing(check(), {}, 'one that was unlinked by hand');
sql('INSERT INTO session_recordings (session_id, part, recorder_id,'
    . " recording_id, matched_by, linked_at) VALUES (REPEAT('s', 16), 1,"
    . " REPEAT('r', 16), REPEAT('r', 16), 'start', NOW())");
like(check()->{sets}, qr/ok: the newest has a recording/, 'one with a link');
sql('DELETE FROM sessions');

# --- MinIO, its clock, credentials, bucket.

my $nothing = 'http://127.0.0.1:' . free_port();
is_failing(check(SESSION_RECORDER_MINIO_ENDPOINT => $nothing),
    { MinIO => qr/cannot be reached.*SESSION_RECORDER_MINIO_ENDPOINT=http/ },
    'no MinIO');
my $page = Setlink::Proxy->start(server =>
    'location / { default_type text/html; return 200 "<p>Hello</p>"; }');
my $none = Setlink::Proxy->start(server => '');
for my $other ($page, $none) {
    is_failing(check(SESSION_RECORDER_MINIO_ENDPOINT =>
            'http://' . $other->authority),
        { MinIO => qr/is not MinIO \(HTTP \d+\)/ }, 'another server');
}
is_failing(check(SESSION_RECORDER_MINIO_ACCESS_KEY => 'nobody'),
    { credentials => qr/does not know the access key "nobody"/ },
    'an unknown access key');
is_failing(check(SESSION_RECORDER_MINIO_SECRET_KEY => 'wrong'),
    { credentials => qr/secret key does not belong.*MINIO_SECRET_KEY/ },
    'a wrong secret key');
is_failing(check(SESSION_RECORDER_BUCKET_NAME => 'no-bucket',
        SESSION_RECORDER_MINIO_ACCESS_KEY => $minio->user,
        SESSION_RECORDER_MINIO_SECRET_KEY => $minio->password),
    { bucket => qr/there is no bucket no-bucket/ }, 'an unknown bucket');

for my $shift (-3600, 3600) {
    my $relay = Setlink::Relay->start($minio->port, sub { 1 }, sub {
        my $date = strftime('%a, %d %b %Y %H:%M:%S GMT',
            gmtime time + $shift);
        $_[0] =~ s/^Date: .*?\r$/Date: $date\r/m;
    });
    my $word = $shift > 0 ? 'behind' : 'ahead of';
    is_failing(check(SESSION_RECORDER_MINIO_ENDPOINT =>
            'http://' . $relay->authority),
        { clock => qr/this machine is 3\d\d\d s $word MinIO's/ },
        "a clock that is $word MinIO's");
    $relay->stop;
}

# Users who may do less.
sub make_user {
    my ($name, @actions) = @_;
    my $actions = join ',', map { qq("s3:$_") } @actions;
    my ($key, $secret) = $minio->make_user($name,
        qq({"Version":"2012-10-17","Statement":[{"Effect":"Allow",)
        . qq("Action":[$actions],"Resource":["arn:aws:s3:::$BUCKET",)
        . qq("arn:aws:s3:::$BUCKET/*"]}]}));
    return (SESSION_RECORDER_MINIO_ACCESS_KEY => $key,
        SESSION_RECORDER_MINIO_SECRET_KEY => $secret);
}

my @reader = make_user('reader', 'ListBucket', 'GetObject');
$lines = check(@reader);
is_failing($lines, {}, 'a user who may list and read');
like($lines->{events}, qr/ok: "reader" may not see whether .*GetBucketNotifi/,
    'but not see the events');
$lines = check(make_user('watcher', 'ListBucket', 'GetObject',
    'GetBucketNotification'));
like($lines->{events}, qr/ok: MinIO sends none, .*; none has arrived yet\z/,
    'a user who may');
is_failing(check(SESSION_RECORDER_EVENTS_TOKEN => 'only for tests'),
    { events => qr/MinIO sends none, .*setlink events setup/ },
    'events are waited for, and not sent');
is((setlink({ %settings, @reader }, 'sync'))[0], 0, 'can refresh the index');
is_failing(check(@reader, SESSION_RECORDER_BUCKET_NAME => 'no-bucket'),
    { credentials => qr/may not list the bucket no-bucket.*BUCKET_NAME/ },
    'a wrong name of the bucket');
is_failing(check(make_user('lister', 'ListBucket')),
    { 'presigned URL' => qr/"lister" may not read.*s3:GetObject/ },
    'a user who may only list');
is_failing(check(make_user('getter', 'GetObject')),
    { credentials => qr/"getter" may not list the bucket session-recorder/ },
    'a user who may only read');

# --- Presigned URLs through the public endpoint.

sub proxy {
    my ($location, @lines) = @_;
    return Setlink::Proxy->start(server => "location $location {\n"
            . join("\n", map { "\t$_;" } @lines) . "\n}");
}

sub public {
    my ($proxy, $prefix, @other) = @_;
    return check(SESSION_RECORDER_PUBLIC_ENDPOINT =>
            'http://' . $proxy->authority . $prefix, @other);
}

sub is_sign_wrong {
    my ($proxy, $prefix, $sign, $name) = @_;
    is_failing(public($proxy, $prefix), { 'presigned URL' =>
        qr/set \s SESSION_RECORDER_SIGN_ENDPOINT=\Q$sign\E\z/x }, $name);
    is_failing(public($proxy, $prefix,
            SESSION_RECORDER_SIGN_ENDPOINT => $sign), {}, "$name: set right");
    return;
}

my $to = 'proxy_pass ' . $minio->url;
my $keeps = proxy('/', $to, 'proxy_set_header Host $http_host');
is_failing(public($keeps, ''), {}, 'a proxy that keeps Host');
is_sign_wrong(proxy('/minio/', "$to/"), '/minio', $minio->url,
    'a proxy that strips a prefix and sends its own Host');
my $strips = proxy('/minio/', "$to/", 'proxy_set_header Host $http_host');
is_sign_wrong($strips, '/minio', 'http://' . $strips->authority,
    'a proxy that strips a prefix and keeps Host');
is_sign_wrong(proxy('/', $to, 'proxy_set_header Host $host'), '',
    'http://127.0.0.1', 'a proxy that drops the port');
is_sign_wrong(proxy('/', $to), '', $minio->url,
    'a proxy that sends its own Host');
my $odd = proxy('/', $to, 'proxy_set_header Host minio.inside:1234');
is_failing(public($odd, ''), { 'presigned URL' =>
    qr/SIGN_ENDPOINT=http\S+ is not what MinIO sees of/ },
    'a proxy that sends an unknown Host');
is_failing(public($odd, '', SESSION_RECORDER_SIGN_ENDPOINT =>
        'http://minio.inside:1234'), {}, 'and told which');
is_failing(check(SESSION_RECORDER_SIGN_ENDPOINT => 'http://elsewhere:9000'),
    { 'presigned URL' => qr/set SESSION_RECORDER_SIGN_ENDPOINT=\Q@{[
        $minio->url ]}\E\z/ }, 'a sign endpoint that is not needed');

is_failing(check(SESSION_RECORDER_PUBLIC_ENDPOINT => $nothing),
    { 'presigned URL' => qr/cannot be reached.*PUBLIC_ENDPOINT=\Q$nothing\E/ },
    'nobody at the public endpoint');
is_failing(public($page, ''), { 'presigned URL' =>
    qr/PUBLIC_ENDPOINT=\S+ is not MinIO \(HTTP 200\)/ },
    'a web page at the public endpoint');
is_failing(public($strips, ''), { 'presigned URL' =>
    qr/PUBLIC_ENDPOINT=\S+ is not MinIO \(HTTP 404\)/ },
    'a prefix that is missing');
is_failing(public(proxy('/minio/', $to, 'proxy_set_header Host $http_host'),
        '/minio'), { 'presigned URL' => qr/PUBLIC_ENDPOINT=/ },
    'a prefix that is not stripped');
my $other = Setlink::Minio->start;
is_failing(check(SESSION_RECORDER_PUBLIC_ENDPOINT => $other->url),
    { 'presigned URL' => qr/InvalidAccessKeyId: SESSION_RECORDER_PUBLIC_ENDPOINT=\Q@{[
        $other->url ]}\E does not lead to the MinIO at/ }, 'another MinIO');
$other->stop;
my $localhost = 'http://localhost:' . $minio->port;
is_failing(check(SESSION_RECORDER_PUBLIC_ENDPOINT => $localhost,
        SESSION_RECORDER_URL_STYLE => 'virtual'),
    { 'presigned URL' => qr/set SESSION_RECORDER_URL_STYLE=path/ },
    'the bucket in the host name');

# --- Without the integration.

$lines = check(SESSION_RECORDER_ENABLED => 'false');
is_failing($lines, {}, 'without the integration');
like($lines->{MinIO}, qr/not looked at: SESSION_RECORDER_ENABLED is false/,
    'it says so');
is(scalar keys %$lines, 4, 'and looks at nothing of it');

# --- setlink probe.

sub is_probe {
    my ($settings, $want, $name) = @_;
    my ($status, $out, $err) = setlink({ %settings, %$settings }, 'probe');
    like("$status $out$err", $want, $name);
    return;
}
is_probe({}, qr/\A0 ok\n\z/, 'the probe finds MinIO');
is_probe({ SESSION_RECORDER_MINIO_ENDPOINT => $nothing },
    qr/\A69 MinIO at \S+ cannot be reached: Connection refused\n\z/,
    'the probe finds nothing');
is_probe({ SESSION_RECORDER_MINIO_SECRET_KEY => 'wrong' },
    qr/\A69 .*SignatureDoesNotMatch.*\n\z/, 'the probe is refused');
is_probe({ SESSION_RECORDER_MINIO_ENDPOINT => 'http://' . $page->authority },
    qr/\A69 .*is not MinIO\n\z/, 'the probe finds another server');
is_probe({ SESSION_RECORDER_MINIO_ENDPOINT => $nothing,
        SESSION_RECORDER_ENABLED => 'false' }, qr/\A0 ok\n\z/,
    'the probe has nothing to look for');
is_probe({ SESSION_RECORDER_BUCKET_NAME => 'X' }, qr/\A78 setlink: SESSION/,
    'a wrong setting');
kill 'STOP', $minio->{pid};
is_probe({}, qr/\A69 MinIO does not answer in time\n\z/,
    'the probe does not wait for a MinIO that hangs');
kill 'CONT', $minio->{pid};

done_testing();
