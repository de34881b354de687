# SPDX-License-Identifier: MIT
# MinIO that answers wrong, without end, or not at all: a refresh ends soon,
# with a reason, takes nothing for gone, and leads nowhere else.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP qw(decode_json);
use Setlink::Command qw(setlink);
use Setlink::Database;
use Setlink::FastCGI;
use Setlink::Hostile qw(answer listing object send_bytes pour relay);
use Setlink::Minio;
use Setlink::Process qw(free_port scratch);
use Setlink::Recordings qw(recording_objects recording_prefix uuid_of);
use Test::More;
use Time::HiRes qw(sleep time);

my $BUCKET  = 'session-recorder';
my $MB      = 1 << 20;
my $MOST    = 64 * $MB;    # poured
my $BUFFERS = 8 * $MB;     # what sockets hold of it

my $minio = Setlink::Minio->start;
my $database = Setlink::Database->start;
$minio->make_bucket($BUCKET);

my @recordings = map { {
    recorder => uuid_of(1, 1), id => uuid_of(2, $_),
    start => 1_700_000_000 + $_ * 7200, end => 1_700_003_600 + $_ * 7200,
    files => ['ogg'],
} } 1 .. 5;
my %objects = ('metadata.json' => '{}', map { recording_objects($_) }
    @recordings);
$minio->put($BUCKET, \%objects);

# Where nothing may ever go to, and an environment that would lead there.
my $elsewhere = Setlink::Hostile->start(sub { send_bytes($_[0],
    answer(200, listing($BUCKET, ''))) });
my $home = scratch() . '/home';
mkdir $home or die "$home: $!\n";
open my $netrc, '>', "$home/.netrc" or die "$home: $!\n";
print {$netrc} "default login netrc password netrc\n";
close $netrc or die "$home: $!\n";
my %environment = (HOME => $home,
    map { ($_ => $elsewhere->url, uc $_ => $elsewhere->url) }
        qw(http_proxy https_proxy all_proxy));

my %settings = ($database->create, $minio->settings($BUCKET),
    SETLINK_LOG => 'error', %environment);
is((setlink(\%settings, 'migrate'))[0], 0, 'setlink migrate');

sub sql { return $database->query($settings{SETLINK_DB_NAME}, @_) }

# `setlink sync --json` with MinIO at this URL.
sub sync {
    my ($url) = @_;
    my $begun = time;
    my ($status, $out, $err) = setlink({ %settings,
        SESSION_RECORDER_MINIO_ENDPOINT => $url }, 'sync', '--json');
    return { %{ (eval { decode_json($out) }) // {} }, exit => $status,
        err => $err, seconds => time - $begun };
}

sub index_rows {
    return [sql('SELECT HEX(id), gone_at, name, start_time, metadata_etag,'
        . ' ogg_size FROM recordings ORDER BY id')];
}

is(sync($minio->url)->{added}, 5, 'the index is filled by a reader');
my $before = index_rows();

# A refresh against a server that answers like this fails with this reason and
# changes nothing. `requests` is how many it sends.
sub is_refused {
    my ($name, $answer, $reason, %want) = @_;
    my $server = Setlink::Hostile->start(ref $answer ? $answer
        : sub { send_bytes($_[0], $answer); 0 });
    my $report = sync($server->url);
    my @requests = $server->requests;
    subtest $name => sub {
        is($report->{status}, 'failed', 'it fails');
        cmp_ok($report->{exit}, '>', 0, 'the exit status tells');
        like($report->{detail}, $reason, 'the reason');
        unlike($report->{detail}, qr/Signature|X-Amz|secret/, 'no secret');
        is($report->{err}, "setlink: $report->{detail}\n", 'in one line');
        cmp_ok($report->{seconds}, '<', $want{seconds} // 10, 'it ends soon');
        is(scalar @requests, $want{requests}, 'as many requests')
            if $want{requests};
        cmp_ok($server->poured, '<', ($want{most} // 0) + $BUFFERS,
            'and has taken no more than it must');
        is_deeply(index_rows(), $before, 'the index is as it was');
        is((sql('SELECT failure FROM sync_state'))[0][0], $report->{detail},
            'and says why');
    };
    return;
}

# Listings come from `answer`, all else from MinIO.
sub in_front {
    my ($answer) = @_;
    return sub {
        my ($client, $head, $number) = @_;
        return relay($client, $head, $minio->port)
            if $head !~ /\AGET \S*list-type=2/;
        return $answer->($client, $head, $number);
    };
}

# The listing of MinIO, after `change` has had its XML in $_.
sub change_listing {
    my ($client, $request, $change) = @_;
    my $server = IO::Socket::INET->new(PeerAddr => $minio->authority);
    print {$server} $request =~ s/\r\n\r\n\z/\r\nConnection: close\r\n\r\n/r;
    my $text = do { local $/; <$server> };
    ($_) = $text =~ /(<ListBucketResult.*)\z/s;
    $change->();
    send_bytes($client, answer(200, $_));
    return;
}

sub page { return answer(200, listing($BUCKET, @_)) }
sub key_of { return recording_prefix($_[0]) . '/metadata.json' }

my $good = listing($BUCKET, join '', map { object(key_of($_)) } @recordings);

# --- What is no answer.

is_refused(@$_) for (
    ['nothing but a hang-up', '', qr/failed: Empty reply|failed: Server ret/,
        requests => 3],
    ['another protocol', "SSH-2.0-OpenSSH\r\n", qr/at 127\S+ failed: /],
    ['HTTP/0.9', 'hello', qr/at 127\S+ failed: /],
    ['NUL bytes', "\0" x 1000, qr/at 127\S+ failed: /],
    ['a status that is none', "HTTP/1.1 99999 X\r\n\r\n", qr/failed: |HTTP/],
    ['the status alone', "HTTP/1.1 200 OK\r\n\r\n", qr/not readable: no elem/],
    ['a Content-Length that is none',
        answer(200, $good, 'Content-Length' => '-5'), qr/failed: /],
    ['a Content-Length of the largest number', answer(200, $good,
        'Content-Length' => '9223372036854775807'), qr/failed: /],
    ['a Content-Length that is too long', answer(200, $good,
        'Content-Length' => 1 + length $good), qr/failed: /, requests => 3],
    ['a Content-Length that is too short', answer(200, $good,
        'Content-Length' => length($good) - 1), qr/not readable: /],
    ['a chunk without a size', answer(200, "zz\r\n$good\r\n0\r\n\r\n",
        'Transfer-Encoding' => 'chunked', 'Content-Length' => undef),
        qr/failed: /],
    ['a body that is cut', answer(200, substr $good, 0, 200),
        qr/not readable: /],
    ['an answer to come later', "HTTP/1.1 102 Wait\r\n\r\n" x 3, qr/failed: /],
);

# --- What says no.

my $slow_down = '<Error><Code>SlowDown</Code></Error>';
is_refused(@$_) for (
    ['HTTP 500', answer(500, ''), qr/is not able to answer: HTTP 500/,
        requests => 3],
    ['HTTP 503', answer(503, $slow_down), qr/able to answer: SlowDown, HTTP 503/,
        requests => 3],
    ['503, for a year', answer(503, $slow_down, 'Retry-After' => 31_536_000),
        qr/SlowDown/, requests => 1],
    ['503, until a day far away', answer(503, '', 'Retry-After' =>
            'Fri, 31 Dec 2999 23:59:59 GMT'), qr/HTTP 503/, requests => 1],
    ['503, and words', answer(503, '', 'Retry-After' => 'soon; -1'),
        qr/HTTP 503/, requests => 3],
    ['no bucket', answer(404, '<Error><Code>NoSuchBucket</Code></Error>'),
        qr/NoSuchBucket/, requests => 1],
    ['a web server', answer(404, '<html>nothing here</html>'), qr/HTTP 404/],
    ['no rights', answer(403, '<Error><Code>AccessDenied</Code></Error>'),
        qr/AccessDenied/],
    ['an error with entities', answer(403, '<!DOCTYPE e [<!ENTITY a "'
            . 'x' x 100 . '"><!ENTITY b "' . '&a;' x 100 . '"><!ENTITY c "'
            . '&b;' x 100 . '">]><Error><Code>' . '&c;' x 100
            . '</Code></Error>'), qr/: HTTP 403\z/],
    ['an error without end', sub {
        send_bytes($_[0], "HTTP/1.1 403 No\r\n\r\n<Error>");
        pour($_[0], 'x' x 65536, 16 * $MB);
    }, qr/refused the request: HTTP 403/, most => 16 * $MB],
);

my $begun = time;
my $later = Setlink::Hostile->start(sub {
    return relay(@_[0, 1], $minio->port) if $_[2] > 1;
    send_bytes($_[0], answer(503, $slow_down, 'Retry-After' => 1));
});
my $report = sync($later->url);
is($report->{status}, 'done', '503 with Retry-After, and then an answer');
cmp_ok($report->{seconds}, '>=', 1, 'the server gets the pause it asks for');

# --- What leads elsewhere.

is_refused("a redirect by $_", answer($_, '', Location => $elsewhere->url
        . "/$BUCKET?list-type=2"), qr/HTTP $_/, requests => 1)
    for 301, 302, 303, 307, 308;
is_refused('a redirect to a file', answer(302, '', Location =>
        'file:///etc/passwd'), qr/HTTP 302/);
is_refused('a question for a name and password', answer(401, '',
    'WWW-Authenticate' => 'Basic realm="x"'), qr/HTTP 401/, requests => 1);
is_refused('a proxy that wants a password', answer(407, '',
    'Proxy-Authenticate' => 'Basic realm="x"'), qr/HTTP 407/, requests => 1);

# --- What is no listing.

my $external = $elsewhere->url . '/entity';
is_refused(@$_) for (
    ['an error with status 200', answer(200, $slow_down),
        qr/is something else/],
    ['HTML', answer(200, '<html><body>Welcome</body></html>'),
        qr/is something else/],
    ['a list of buckets', answer(200, '<ListAllMyBucketsResult/>'),
        qr/is something else/],
    ['another bucket', answer(200, listing('another', '')),
        qr/lists another bucket/],
    ['a page that tells nothing', answer(200, '<ListBucketResult/>'),
        qr/does not say whether it ends/],
    ['billion laughs', answer(200, '<!DOCTYPE l [<!ENTITY a0 "ha">'
            . join('', map { "<!ENTITY a$_ \"" . "&a@{[ $_ - 1 ]};" x 10
                . '">' } 1 .. 9) . ']><ListBucketResult>&a9;'
            . '</ListBucketResult>'), qr/has a document type/],
    ['an external entity', answer(200, "<!DOCTYPE l [<!ENTITY e SYSTEM "
            . "\"$external\">]><ListBucketResult>&e;</ListBucketResult>"),
        qr/has a document type/],
    ['an external DTD', answer(200, "<!DOCTYPE l SYSTEM \"$external\">"
            . '<ListBucketResult/>'), qr/has a document type/],
    ['gzip', answer(200, "\x1f\x8b\x08" . "\0" x 1000,
        'Content-Encoding' => 'gzip'), qr/not readable/],
    ['a deep nest', answer(200, '<ListBucketResult>' . '<a>' x 100_000),
        qr/nested too deep/],
    ['a long key', page('<Contents><Key>' . 'k' x 100_000
            . '</Key></Contents>'), qr/an element that is too long/],
);

# --- What has no end.

my $head = "HTTP/1.1 200 OK\r\n";
is_refused(@$_) for (
    ['a body', sub {
        send_bytes($_[0], "$head\r\n<ListBucketResult>");
        pour($_[0], '<x></x>' x 10_000, $MOST);
    }, qr/sent more than the 8388608 bytes/, most => 8 * $MB],
    ['a key', sub {
        send_bytes($_[0], "$head\r\n<ListBucketResult><Contents><Key>");
        pour($_[0], 'k' x 65536, $MOST);
    }, qr/sent more than the 8388608 bytes/, most => 8 * $MB],
    ['chunks', sub {
        send_bytes($_[0], "${head}Transfer-Encoding: chunked\r\n\r\n");
        pour($_[0], "1\r\nx\r\n" x 10_000, $MOST);
    }, qr/sent more than the 8388608 bytes/, most => 6 * 8 * $MB],
    ['a header', sub {
        send_bytes($_[0], "${head}X: ");
        pour($_[0], 'x' x 65536, $MOST);
    }, qr/at 127\S+ failed: /],
    ['headers', sub {
        send_bytes($_[0], $head);
        pour($_[0], 'X-Header: ' . 'x' x 1000 . "\r\n", $MOST);
    }, qr/at 127\S+ failed: /],
    ['interim answers', sub {
        pour($_[0], "HTTP/1.1 100 Continue\r\n\r\n" x 1000, $MOST);
    }, qr/at 127\S+ (?:failed|cannot)/, most => $MOST],
);
eval { require Compress::Zlib; 1 } and is_refused('a bomb',
    answer(200, Compress::Zlib::memGzip('<x></x>' x 3_000_000),
        'Transfer-Encoding' => 'gzip', 'Content-Length' => undef),
    qr/sent more than the 8388608 bytes|failed: /);

# --- Listings that go on and on.

sub token_pages {
    my ($content, $token) = @_;
    return sub { send_bytes($_[0], page($content->($_[2]), $token->($_[2]))) };
}
my $same = sub { object('key') };
is_refused(@$_) for (
    ['the same token again', token_pages(sub { object("key $_[0]") },
        sub { 'again' }), qr/goes on without end/, requests => 2],
    ['two tokens in turn', token_pages($same, sub { 'token' . $_[0] % 2 }),
        qr/goes on without end/, requests => 2],
    ['another token each time', token_pages($same, sub { "token $_[0]" }),
        qr/goes on without end/, requests => 2],
    ['pages that go back', token_pages(sub { object(chr(122 - $_[0])) },
        sub { "token $_[0]" }), qr/goes on without end/, requests => 2],
    ['pages without keys', token_pages(sub { '' }, sub { "token $_[0]" }),
        qr/goes on without end/, requests => 1],
);

# --- Listings that lie: the objects are there, and are asked for.

my @keys = map { key_of($_) } @recordings;
is_refused($_->[0], in_front(sub { send_bytes($_[0], $_->[1]) }), $_->[2]) for (
    ['an empty listing', page(''), qr/leaves out recordings that are there/],
    ['a listing of other things', page(object('x')), qr/leaves out rec/],
    ['keys in the wrong order', page(join '', map { object($_) }
        reverse @keys), qr/is not in order/],
);
is_refused('an empty listing of a bucket that has gone', sub {
    my ($client, $request) = @_;
    send_bytes($client, $request =~ /list-type=2/ ? page('')
        : answer(404, '<Error><Code>NoSuchBucket</Code></Error>'));
}, qr/NoSuchBucket/);
is_refused('and behind a web server', sub {
    my ($client, $request) = @_;
    send_bytes($client, $request =~ /list-type=2/ ? page('')
        : answer(404, '<html>nothing here</html>'));
}, qr/HTTP 404/);
is_refused('and of one that fails', sub {
    my ($client, $request) = @_;
    send_bytes($client, $request =~ /list-type=2/ ? page('')
        : answer(403, '<Error><Code>AccessDenied</Code></Error>'));
}, qr/AccessDenied/);

# A page that is cut, with the ETags as they are: the first three recordings.
my $cut = Setlink::Hostile->start(in_front(sub {
    change_listing(@_[0, 1], sub {
        my $fourth = recording_prefix($recordings[3]);
        s{<Contents><Key>\Q$fourth\E.*</Contents>}{}s;
    });
}));
$report = sync($cut->url);
is("$report->{status} $report->{gone}", 'failed 0',
    'a listing without its end');
like($report->{detail}, qr/leaves out recordings that are there/, 'is noticed');
is_deeply(index_rows(), $before, 'and changes nothing');

# --- Metadata without end, however large the listing says it is.

my $huge = key_of({ %{ $recordings[0] }, id => uuid_of(2, 0) });
for my $size (10, 1 << 30) {
    my $server = Setlink::Hostile->start(sub {
        my ($client, $request) = @_;
        return change_listing($client, $request, sub {
            my $entry = object($huge, $size);
            s/(?=<Contents>)/$entry/;
        }) if $request =~ /list-type=2/;
        return relay($client, $request, $minio->port)
            if $request !~ /\Q$huge\E/;
        send_bytes($client, "$head\r\n");
        return pour($client, ' ' x 65536, $MOST);
    });
    $report = sync($server->url);
    is("$report->{status} $report->{unreadable}", 'done 1',
        "metadata of a gigabyte that claims $size bytes: is unreadable");
    cmp_ok($server->poured, '<', $MB + $BUFFERS, 'and not read');
    is(scalar(grep { /\Q$huge\E/ } $server->requests), $size == 10 ? 1 : 0,
        'nor asked for when its size is known');
    sql('DELETE FROM recordings WHERE id = UNHEX(\''
        . uuid_of(2, 0) =~ tr/-//dr . "')");
}
is_deeply(index_rows(), $before, 'the others are as they were');

# --- Metadata and events that name other places.

my $front = Setlink::Hostile->start(sub {
    relay(@_[0, 1], $minio->port) });
my %odd = (
    %{ $recordings[0] }, id => uuid_of(2, 9), name => $elsewhere->url,
);
my %bait = map { ($_ => $elsewhere->url . '/bait') }
    qw(url endpoint href audio_url data location);
$minio->put($BUCKET, { recording_prefix(\%odd) . '/metadata.json' =>
    JSON::PP->new->encode({ %bait, bucket => 'elsewhere', id => '../../x',
        recorder_id => '//127.0.0.1/', start_time => '2023-11-14T22:13:20Z',
        segments => [{ %bait }], name => $elsewhere->url }) });
is(sync($front->url)->{added}, 1, 'metadata full of URLs');

my %with = (%settings, SESSION_RECORDER_MINIO_ENDPOINT => $front->url,
    SESSION_RECORDER_EVENTS_TOKEN => 'token');
sub post_event {
    my ($bucket, $key, %other) = @_;
    my $body = JSON::PP->new->encode({ EventName => 's3:ObjectCreated:Put',
        Key => "$bucket/$key", %other, Records => [{
            eventName => 's3:ObjectCreated:Put', awsRegion => '',
            eventTime => '2026-11-24T00:00:00.000Z', %other,
            responseElements => { 'x-minio-origin-endpoint' =>
                $elsewhere->url },
            s3 => { bucket => { name => $bucket }, object => { key => $key,
                size => 5, eTag => 'e', sequencer => '17B' . '0' x 13 } },
        }] });
    return (Setlink::FastCGI->run_cgi(\%with, Setlink::FastCGI::variables(
        REQUEST_METHOD => 'POST', REQUEST_URI =>
            '/api/session-recorder/events', CONTENT_LENGTH => length $body,
        CONTENT_TYPE => 'application/json',
        HTTP_AUTHORIZATION => 'Bearer token', HTTP_PROXY => $elsewhere->url),
        $body))[1]{status};
}

my $sessions = uuid_of(1, 1) . '/sessions';
for my $key ($elsewhere->url . '/x', "//127.0.0.1:@{[ $elsewhere->port ]}/x",
    "$sessions/../../../elsewhere/metadata.json",
    "$sessions/" . uuid_of(2, 9) . '/..%2f..%2fmetadata.json',
    "$sessions/" . uuid_of(2, 9) . '@127.0.0.1/metadata.json',
    "$sessions/" . uuid_of(2, 9) . '%0d%0aHost%3a%20x/metadata.json') {
    my $status = post_event($BUCKET, $key);
    like($status, qr/\A(?:200|400)\z/, "an event of $key");
}
like(post_event('elsewhere', "$sessions/" . uuid_of(2, 9)
        . '/metadata.json'), qr/\A(?:200|400)\z/,
    'an event of another bucket');
is(post_event($BUCKET, "$sessions/" . uuid_of(2, 9) . '/metadata.json',
    source => { host => '127.0.0.1', port => $elsewhere->port }), 200,
    'an event of ours from elsewhere');
my $drained = 75;    # while the worker's own process is at it
for (1 .. 100) {
    last if ($drained = (setlink(\%with, 'events', 'drain'))[0]) != 75;
    sleep 0.1;
}
is($drained, 0, 'what they leave is done');
setlink({ %with, SESSION_RECORDER_PUBLIC_ENDPOINT => $front->url }, $_)
    for qw(probe check);

my @sent = $front->requests;
cmp_ok(scalar @sent, '>', 5, 'MinIO was asked');
is_deeply([grep { !m{\A(?:GET|HEAD) /\Q$BUCKET\E[/?]} } @sent], [],
    'for the bucket and nothing else');
is_deeply([grep { !/^Host: \Q@{[ $front->authority ]}\E\r$/m } @sent], [],
    'as the host that the settings name');
is_deeply([grep { /^(?:Proxy-)?Authorization:/im } @sent], [],
    'without anything from .netrc');
is_deeply([$elsewhere->requests], [], 'and nobody else was asked for anything');

# --- While refreshes fail, requests start fewer of them.

my $dead = free_port();

# Whether a request starts one, when the last one started so many seconds ago,
# and they have failed for so long.
sub is_started {
    my ($ago, $failing) = @_;
    sql('UPDATE sync_state SET failure = "x", failed_at = UTC_TIMESTAMP(6),'
        . " finished_at = UTC_TIMESTAMP(6) - INTERVAL $failing SECOND,"
        . " asked_at = UTC_TIMESTAMP(6) - INTERVAL $ago SECOND");
    Setlink::FastCGI->run_cgi({ %settings, SESSION_RECORDER_MINIO_ENDPOINT =>
            "http://127.0.0.1:$dead" },
        Setlink::FastCGI::variables(REQUEST_URI =>
            '/api/session-recorder/available-sessions'));
    return (sql('SELECT asked_at > UTC_TIMESTAMP(6) - INTERVAL 3 SECOND'
        . ' FROM sync_state'))[0][0];
}

is(is_started(@$_[0, 1]), $_->[2], ($_->[2] ? 'one' : 'none')
        . " $_->[0] s after the last one, if they fail for $_->[1] s")
    for [6, 61, 0], [20, 61, 1], [40, 400, 0], [80, 400, 1],
    [40, 80_000, 0], [80, 80_000, 1];

# --- It resumes by itself.

$minio->remove($BUCKET, recording_prefix(\%odd) . '/metadata.json');
$report = sync($minio->url);
is("$report->{status} $report->{gone}", 'done 1',
    'the next refresh does what is left');
is((sql('SELECT failure FROM sync_state'))[0][0], 'NULL',
    'and the failures are forgotten');

done_testing();
