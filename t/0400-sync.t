# SPDX-License-Identifier: MIT
# The index against a real bucket: what it holds after `setlink sync`, what a
# refresh costs, and what it does when something fails.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP qw(decode_json);
use POSIX qw(strftime);
use Setlink::Command qw(program setlink setlink_start setlink_wait);
use Setlink::Database;
use Setlink::FastCGI;
use Setlink::Minio;
use Setlink::Process qw(free_port scratch);
use Setlink::Proxy;
use Setlink::Relay;
use Setlink::Shape qw(is_status is_problem);
use Test::More;
use Time::HiRes qw(sleep);

my $BUCKET = 'session-recorder';

my $minio = Setlink::Minio->start;
my $database = Setlink::Database->start;
$minio->make_bucket($BUCKET);

sub count_proxy {
    my ($extra) = @_;
    return Setlink::Proxy->start(server => ($extra // '') . <<"END");
location / {
	proxy_pass http://@{[ $minio->authority ]};
	proxy_set_header Host \$http_host;
	proxy_http_version 1.1;
}
END
}

my $proxy = count_proxy();

# Settings with a new database.
sub settings {
    my (%other) = @_;
    my %settings = ($database->prepare,
        $minio->settings($other{SESSION_RECORDER_BUCKET_NAME} // $BUCKET),
        SESSION_RECORDER_MINIO_ENDPOINT => 'http://' . $proxy->authority,
        SETLINK_LOG                     => 'error',
        %other);
    return \%settings;
}

sub rows {
    my ($settings, $sql) = @_;
    return $database->query($settings->{SETLINK_DB_NAME}, $sql);
}

sub value { return (rows(@_))[0][0] }

# `setlink sync --json`; the exit status is the member `exit`, the requests
# that the proxy saw are `seen`.
sub sync {
    my ($settings, @args) = @_;
    my $before = $proxy->requests;
    my ($status, $out, $err) = setlink($settings, 'sync', '--json', @args);
    my $report = eval { decode_json($out) } // { status => "no JSON: $out" };
    # nginx writes its log when it has done with a request, which may be after
    # the client has.
    my $by_proxy = $settings->{SESSION_RECORDER_MINIO_ENDPOINT} eq
        'http://' . $proxy->authority;
    for (1 .. ($by_proxy ? 100 : 0)) {
        last if $proxy->requests - $before >= ($report->{requests} // 0);
        sleep 0.05;
    }
    return {
        %$report, exit => $status, err => $err,
        seen => $proxy->requests - $before
    };
}

sub is_report {
    my ($got, $want, $name) = @_;
    my %part = map { ($_ => $got->{$_}) } keys %$want;
    is_deeply(\%part, $want, $name) or diag(explain($got));
    return;
}

# --- A bucket of 2,500 keys.

my ($R1, $R2) = ('10b26ce0-75ff-4548-84e1-c91d955b1151',
    '6cc49ce1-2d89-448d-a657-ba7166547c51');

sub id { return sprintf '%08x-0000-4000-8000-%012x', @_ }
sub prefix { return "$_[0]/sessions/$_[1]" }

sub metadata {
    my (%other) = @_;
    my %members = (start_time => '"2026-11-21T21:00:04.318274615Z"',
        end_time => '"0001-01-01T00:00:00Z"', duration => 0,
        is_closed => 'false', keep => 'false', name => '""',
        segments => 'null', %other);
    return '{' . join(',', map { qq("$_":$members{$_}) } sort keys %members)
        . '}';
}

my @closed = (is_closed => 'true', duration => '3600000000000',
    end_time => '"2026-11-21T22:00:04Z"');
my $START = '2026-11-21 21:00:04.318274';
my @known = ($START, 'NULL', 'NULL', 0, 0);
my @unknown = ('NULL', 'NULL', 'NULL', 0, 0);

# Odd metadata, and what the index is to hold: start, end, duration, closed,
# kept, and the name in hex where there is one.
my @odd = (
    ['missing', undef, @unknown],
    ['plain and open', metadata(), @known],
    ['closed', metadata(@closed), $START, '2026-11-21 22:00:04.000000',
        '3600000000000', 1, 0],
    ['kept', metadata(keep => 'true'), $START, 'NULL', 'NULL', 0, 1],
    ['empty', '', @unknown],
    ['cut off', substr(metadata(), 0, 60), @unknown],
    ['an empty object', '{}', @unknown],
    ['an array', '[' . metadata() . ']', @unknown],
    ['null', 'null', @unknown],
    ['two objects', metadata() . metadata(), @unknown],
    ['huge', metadata(x => '"' . 'x' x 300_000 . '"'), @unknown],
    ['as large as is read', metadata() . ' ' x (262_144 - length metadata()),
        @known],
    ['a byte larger', metadata() . ' ' x (262_145 - length metadata()),
        @unknown],
    ['deep', '{"a":' . '[' x 10_000 . ']' x 10_000 . '}', @unknown],
    ['wide', '{"a":[' . join(',', (1) x 100_000) . ']}', @unknown],
    ['a byte order mark', "\xef\xbb\xbf" . metadata(), @unknown],
    ['invalid UTF-8', metadata(name => qq("\xff\xfe")), @unknown],
    ['a lone surrogate', metadata(name => '"\ud800"'), @unknown],
    ['NUL bytes', "\0" x 100, @unknown],
    ['UTF-16', join("\0", split //, metadata()), @unknown],
    ['of a newer version', metadata(version => 2, channels =>
        '[{"name":"left","gain":[1.5e3,null]}]', '' => '""'), @known],
    ['an offset', metadata(start_time =>
        '"2026-11-21T23:00:04.318274615+02:00"'), @known],
    ['an offset to the west', metadata(start_time =>
        '"2026-11-21T15:30:04.3182749-05:30"'), @known],
    ['no fraction', metadata(start_time => '"2026-11-21T21:00:04Z"'),
        '2026-11-21 21:00:04.000000', @known[1 .. 4]],
    ['no offset', metadata(start_time => '"2026-11-21T21:00:04"'), @unknown],
    ['no such day', metadata(start_time => '"2026-02-30T21:00:04Z"'),
        @unknown],
    ['year 1', metadata(start_time => '"0001-01-01T00:00:00Z"'), @unknown],
    ['year 9999', metadata(start_time => '"9999-12-31T23:59:59Z"'),
        @unknown],
    ['start is a number', metadata(start_time => 1763758804), @unknown],
    ['start is there twice', '{"start_time":"2026-11-21T21:00:04Z",'
        . '"start_time":"2026-11-21T21:00:04Z"}', @unknown],
    ['end before start', metadata(@closed, end_time =>
        '"2026-11-21T20:00:00Z"'), $START, '2026-11-21 22:00:04.318274',
        '3600000000000', 1, 0],
    ['closed without end', metadata(@closed, end_time =>
        '"0001-01-01T00:00:00Z"'), $START, '2026-11-21 22:00:04.318274',
        '3600000000000', 1, 0],
    ['closed without end and duration', metadata(is_closed => 'true'),
        $START, 'NULL', 'NULL', 1, 0],
    ['an end although open', metadata(@closed, is_closed => 'false'),
        $START, 'NULL', '3600000000000', 0, 0],
    ['a duration of centuries', metadata(is_closed => 'true',
        duration => '9223372036854775807'), $START, 'NULL', 'NULL', 1, 0],
    ['a duration past the last year', metadata(is_closed => 'true',
        duration => '31622400000000000',
        start_time => '"9998-12-31T23:59:59.999999Z"'),
        '9998-12-31 23:59:59.999999', 'NULL', '31622400000000000', 1, 0],
    ['a negative duration', metadata(duration => '-1'), @known],
    ['a duration in floating point', metadata(duration => '3.6e12'), @known],
    ['words for truth', metadata(is_closed => '"true"', keep => 1), @known],
    ['other ids', metadata(id => '"x"', recorder_id => qq("$R2")), @known],
    ['a name', metadata(name => qq("J\xc3\xbcrgen \\ud83c\\udfa7")), @known,
        unpack('H*', "J\xc3\xbcrgen \xf0\x9f\x8e\xa7")],
    ['controls in the name', metadata(name => '"a\u0000b\n\u202ec"'), @known,
        unpack('H*', 'a b  c')],
    ['a long name', metadata(name => '"' . "\xf0\x9f\x8e\xa7" x 300 . '"'),
        @known, unpack('H*', "\xf0\x9f\x8e\xa7" x 200)],
    ['quotes in the name', metadata(name => q{"');DROP TABLE x;--\\\\"}),
        @known, unpack('H*', q{');DROP TABLE x;--\\})],
);
my $UNREADABLE = 14;    # of these, and that of a recorder

my %objects = (
    'metadata.json'     => qq({"id":"x","name":"Session Recorder"}),
    "$R1/metadata.json" => qq({"id":"$R1","name":"Living Room"}),
    "$R2/metadata.json" => 'cut o',
);
my $recorders = 2;    # that have metadata
my $recordings = 0;
my $with_metadata = 0;

for my $i (0 .. $#odd) {
    my $prefix = prefix($R1, id(1, $i));
    $objects{"$prefix/data.ogg"} = "OggS $i";
    $objects{"$prefix/metadata.json"} = $odd[$i][1] if defined $odd[$i][1];
    $recordings++;
    $with_metadata++ if defined $odd[$i][1];
}
my $too_large = grep { length($_->[1] // '') > 262_144 } @odd;

# Ids of zeros, and the largest.
for my $id ('00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff') {
    $objects{ prefix($id, $id) . '/metadata.json' } = metadata();
    $recordings++;
    $with_metadata++;
}

# A recording with as many chunks as it takes to fill a page and more, an empty
# file, and one that only data.raw shows.
my ($LONG, $RAW) = (id(0, 1), id(0, 2));
$objects{ prefix($R1, $LONG) . sprintf '/chunks/%016d', $_ } = 'c'
    for 0 .. 1099;
$objects{ prefix($R1, $LONG) . '/metadata.json' } = metadata();
$objects{ prefix($R1, $LONG) . '/overview.png' } = '';
$objects{ prefix($R1, $RAW) . '/data.raw' } = 'raw';
$recordings += 2;
$with_metadata++;

# Keys that do not fit the layout.
my @foreign = (
    'readme.txt', 'metadata.json.bak', "$R1.txt", "$R1/readme.txt",
    "$R1/sessions/metadata.json", "$R1/sessions/x/metadata.json",
    "$R1/session/" . id(9, 9) . '/metadata.json',
    uc($R1) . '/metadata.json', prefix(uc $R1, id(9, 9)) . '/metadata.json',
    prefix($R1, uc id(0xabcdef, 0)) . '/metadata.json',
    prefix($R1, id(9, 9)) . '/data.mp3', prefix($R1, id(9, 9)) . '/DATA.OGG',
    prefix($R1, id(9, 9)) . '/chunks/1',
    prefix($R1, id(9, 9)) . '/chunks/000000000000000x',
    prefix($R1, id(9, 9)) . '/chunks/00000000000000000',
    prefix($R1, id(1, 1)) . '/cover.jpg',
    prefix($R1, id(1, 1)) . '/old/metadata.json',
    prefix($R1, id(9, 9) . 'a') . '/metadata.json',
    "odd/control-\x01\x02\x1f\x7f", "odd/new\nline", "odd/tab\t", "odd/cr\r",
    'odd/ space ', 'odd/plus+plus', 'odd/100%', 'odd/%2F', 'odd/<&>"\'',
    "odd/J\xc3\xbcrgen", "odd/e\xcc\x81", "odd/\xf0\x9f\x8e\xa7",
    "odd/\xe2\x80\xae", 'odd/?query=1&b#c', 'odd/;:@,=$!*()[]{}|^`~',
    'odd/' . join('/', ('k' x 200) x 4), '.hidden', 'zzz', "\xef\xbf\xbd",
    '-', '0', '~',
);
$objects{$_} = 'x' for @foreign;

# Ordinary recordings, up to 2,500 keys.
my $plain = 0;
while (keys %objects <= 2495) {
    my $prefix = prefix($R2, id(2, $plain++));
    $objects{"$prefix/$_"} = "$_ $plain"
        for qw(data.ogg data.flac waveform.dat overview.png);
    $objects{"$prefix/metadata.json"} = metadata(@closed,
        name => qq("Set $plain"));
    $recordings++;
    $with_metadata++;
}
my $filler = 0;
while (keys %objects < 2500) {
    push @foreign, 'filler/' . $filler++;
    $objects{ $foreign[-1] } = 'x';
}
$minio->put($BUCKET, \%objects);

# --- The first refresh.

my $settings = settings();
my $report = sync($settings);
my $first = 3 + $with_metadata - $too_large + $recorders + $plain;
is_report($report, {
    exit => 0, status => 'done', keys => 2500, foreign_keys => scalar @foreign,
    recordings => $recordings, added => $recordings, changed => 0, gone => 0,
    unreadable => $UNREADABLE, requests => $first, seen => $first, err => '',
}, 'the first refresh');

sub row_of {
    my ($settings_of, $recorder, $id) = @_;
    my ($row) = rows($settings_of, <<"END");
SELECT start_time, end_time, duration_ns, is_closed, is_kept, HEX(name)
FROM recordings WHERE recorder_id = UNHEX(REPLACE('$recorder', '-', ''))
AND id = UNHEX(REPLACE('$id', '-', ''))
END
    return $row;
}

for my $i (0 .. $#odd) {
    my ($name, undef, @want) = @{ $odd[$i] };
    $want[5] = uc($want[5] // '');
    is_deeply(row_of($settings, $R1, id(1, $i)), \@want, "metadata: $name");
}

is_deeply([rows($settings, <<'END')], [['1100', 1, '0', 'NULL', 0]],
SELECT chunks, newest_chunk_at BETWEEN UTC_TIMESTAMP - INTERVAL 1 HOUR
AND UTC_TIMESTAMP + INTERVAL 1 SECOND, overview_size, ogg_size, is_closed
FROM recordings WHERE chunks > 0
END
    'a recording that spans three pages');
is_deeply(row_of($settings, $R1, $RAW), [@unknown, ''],
    'a recording without anything but data.raw');
is_deeply([rows($settings, <<'END')],
SELECT ogg_size, flac_size, waveform_size, overview_size,
ogg_etag = MD5('data.ogg 1'), flac_etag = MD5('data.flac 1'),
waveform_etag = MD5('waveform.dat 1'), overview_etag = MD5('overview.png 1'),
LENGTH(metadata_etag), chunks, newest_chunk_at, listed_at = start_time
FROM recordings WHERE name = 'Set 1'
END
    [[10, 11, 14, 14, 1, 1, 1, 1, 32, 0, 'NULL', 1]], 'sizes and ETags');
is(value($settings, 'SELECT COUNT(*) FROM recordings'
        . ' WHERE start_time IS NULL AND listed_at <> 0'
        . " AND listed_at <> '1970-01-01'"), 0,
    'without a start they are listed as of 1970');
is_deeply([rows($settings, <<'END')], [[1, 1, 'NULL', 'NULL', 'NULL']],
SELECT finished_at = started_at,
finished_at BETWEEN UTC_TIMESTAMP - INTERVAL 1 HOUR AND UTC_TIMESTAMP(6),
failed_at, failure, (SELECT owner FROM leases WHERE name = 'sync')
FROM sync_state
END
    'the state says so, and the lease is free');

# --- A refresh of a bucket that did not change.

sub writes {
    my %status = map { @$_ } $database->query('', "SHOW GLOBAL STATUS WHERE"
        . " Variable_name IN ('Com_insert', 'Com_update', 'Com_delete')");
    return \%status;
}

sub all_rows {
    my ($settings_of) = @_;
    return [rows($settings_of,
        'SELECT r.*, HEX(id) FROM recordings r ORDER BY recorder_id, id')];
}

my $rows = all_rows($settings);
my $writes = writes();
is_report(sync($settings), {
    exit => 0, status => 'done', keys => 2500, recordings => $recordings,
    added => 0, changed => 0, gone => 0, unreadable => 0, requests => 3,
    seen => 3,
}, 'three requests when nothing has changed');
my $after = writes();
is($after->{Com_insert}, $writes->{Com_insert}, 'nothing is written');
cmp_ok($after->{Com_update} - $writes->{Com_update}, '<', 50,
    'but the lease and the state');
is_deeply(all_rows($settings), $rows, 'all rows are as they were');

# --- Recordings added, changed, closed and deleted.

my %plain = map { ($_ => prefix($R2, id(2, $_))) } 0 .. 9;
my %odd_at = map { ($odd[$_][0] => prefix($R1, id(1, $_))) } 0 .. $#odd;
my $added = id(3, 0);
my %late = (
    prefix($R2, $added) . '/metadata.json' => metadata(),
    prefix($R2, $added) . '/chunks/0000000000000000' => 'c',
    # closed, with another start and name, then with a file more
    "$odd_at{'plain and open'}/metadata.json" =>
        metadata(@closed, start_time => '"2026-11-21T21:30:00Z"',
        end_time => '"2026-11-21T22:30:00Z"', name => '"Closed"'),
    "$odd_at{kept}/data.flac"     => 'flac',
    # a file that is replaced, and metadata that becomes unreadable
    "$plain{0}/data.ogg"          => 'another',
    "$plain{1}/metadata.json"     => 'cut o',
    # what was unreadable, or was not there, can be read now
    "$odd_at{huge}/metadata.json" => metadata(),
    "$odd_at{missing}/metadata.json" => metadata(),
);
my @deleted = (
    grep(index($_, "$plain{2}/") == 0, keys %objects),    # a whole recording
    "$plain{3}/metadata.json",                   # its metadata only
    "$plain{4}/data.ogg", 'zzz',
    prefix($R1, $RAW) . '/data.raw',
);
my ($last) = grep { m{^ffffffff} } keys %objects;
push @deleted, $last;
$minio->put($BUCKET, \%late);
$minio->remove($BUCKET, @deleted);

my $keys = keys(%{ { %objects, %late } }) - @deleted;
is_report(sync($settings), {
    exit => 0, status => 'done', keys => $keys,
    foreign_keys => @foreign - 1, recordings => $recordings + 1 - 3,
    added => 1, changed => 8, gone => 3, unreadable => 1,
    requests => 3 + 5 + 2, seen => 3 + 5 + 2,
}, 'a refresh after changes');
is_deeply(row_of($settings, $R1, id(1, 1)),
    ['2026-11-21 21:30:00.000000', '2026-11-21 22:30:00.000000',
        '3600000000000', 1, 0, uc unpack('H*', 'Closed')], 'one was closed');
is_deeply(row_of($settings, $R2, $added), [@known, ''], 'one is new');
is_deeply(row_of($settings, $R1, id(1, 0)), [@known, ''],
    'one got its metadata');

sub start_of_plain {
    my ($i) = @_;
    my $row = row_of($settings, $R2, id(2, $i));
    return "$row->[0] " . pack('H*', $row->[5]);
}
is(start_of_plain(1), "$START Set 2",
    'what was known stays when metadata becomes unreadable');
is(start_of_plain(3), "$START Set 4",
    'what was known stays when metadata is deleted');
is_deeply([rows($settings, <<'END')], [['Set 1', 7], ['Set 5', 'NULL']],
SELECT name, ogg_size FROM recordings WHERE name = 'Set 1' OR name = 'Set 5'
ORDER BY name
END
    'a file was replaced, another deleted');
is_deeply([map { @$_ } rows($settings, <<'END')],
SELECT LOWER(HEX(id)) FROM recordings
WHERE gone_at BETWEEN UTC_TIMESTAMP - INTERVAL 1 HOUR AND UTC_TIMESTAMP(6)
ORDER BY recorder_id, id
END
    [map { s/-//gr } $RAW, id(2, 2), 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
    'three are gone, and are still known');

# --- One comes back just as it was.

my ($seen) = rows($settings, "SELECT first_seen_at FROM recordings"
        . " WHERE name = 'Set 3'");
$minio->put($BUCKET, { map { ($_ => $objects{$_}) }
        grep { index($_, "$plain{2}/") == 0 } keys %objects });
is_report(sync($settings), {
    exit => 0, status => 'done', added => 1, changed => 0, gone => 0,
    requests => 3, seen => 3,
}, 'one that comes back with the same ETag is not fetched again');
is_deeply([rows($settings, "SELECT first_seen_at, gone_at, start_time"
        . " FROM recordings WHERE name = 'Set 3'")],
    [[@$seen, 'NULL', $START]], 'it is known as before');

# --- Staleness.

is_report(sync($settings, '--if-stale'), { exit => 0, status => 'fresh',
    requests => 0, seen => 0 }, 'a fresh index is left alone');
rows($settings, 'UPDATE sync_state SET finished_at ='
        . ' UTC_TIMESTAMP(6) - INTERVAL 61 SECOND');
is_report(sync($settings, '--if-stale'), { exit => 0, status => 'done',
    requests => 3 }, 'a stale one is refreshed');
is_report(sync({ %$settings, SESSION_RECORDER_ENABLED => 'false' }),
    { exit => 0, status => 'fresh', requests => 0, seen => 0 },
    'nothing is done without the integration');

# --- The lease.

sub hold_lease {
    my ($settings_of, $seconds) = @_;
    rows($settings_of, "UPDATE leases SET owner = UNHEX(REPEAT('ab', 16)),"
            . " until_at = UTC_TIMESTAMP(6) + INTERVAL $seconds SECOND"
            . " WHERE name = 'sync'");
    return;
}

hold_lease($settings, 3600);
is_report(sync($settings), { exit => 75, status => 'busy', seen => 0,
    err => "setlink: another refresh is running\n" },
    'another refresh is running');
is_report(sync($settings, '--wait', 1), { exit => 75, status => 'busy' },
    'and does not end while it is waited for');
is(value($settings, "SELECT HEX(owner) FROM leases WHERE name = 'sync'"),
    'AB' x 16, 'it keeps its lease');
my $waiting = setlink_start($settings, 'sync', '--wait', 3000);
hold_lease($settings, 0);
is((setlink_wait($waiting))[0], 0, 'one that waits gets the lease');
hold_lease($settings, -1);
is_report(sync($settings), { exit => 0, status => 'done' },
    'the lease of one that died runs out');

my @together = map { setlink_start($settings, 'sync', '--wait', 3000) } 1 .. 6;
is_deeply([map { (setlink_wait($_))[0] } @together], [(0) x 6],
    'six at a time, one after the other');
my $fresh = settings();
@together = map { setlink_start($fresh, 'sync', '--json', '--if-stale',
    '--wait', 3000) } 1 .. 6;
my %words;
$words{ decode_json((setlink_wait($_))[1])->{status} }++ for @together;
is_deeply(\%words, { done => 1, fresh => 5 },
    'six find a stale index, and one refreshes it');
is(value($fresh, 'SELECT COUNT(*) FROM recordings'), $recordings + 1 - 2,
    'no recording twice, none missing');

# --- Things that fail.

sub is_failure {
    my ($got, $exit, $reason, $name) = @_;
    is_report($got, { exit => $exit, status => 'failed' }, $name);
    like($got->{detail}, $reason, "$name: the reason");
    is($got->{err}, "setlink: $got->{detail}\n", "$name: one line tells it");
    return;
}

sub state {
    my ($settings_of) = @_;
    return (rows($settings_of, 'SELECT finished_at, failed_at IS NOT NULL,'
            . ' failure FROM sync_state'))[0];
}

my $finished = state($settings)->[0];
$rows = all_rows($settings);
my $down = { %$settings, SESSION_RECORDER_MINIO_ENDPOINT =>
    'http://127.0.0.1:' . free_port() };
my $failed = sync($down);
is_failure($failed, 69, qr/127\.0\.0\.1:\d+ cannot be reached/, 'no MinIO');
is_deeply(state($settings), [$finished, 1, $failed->{detail}],
    'the failure is kept, and when the index was last good');
is_failure(sync({ %$settings, SESSION_RECORDER_MINIO_SECRET_KEY => 'wrong' }),
    1, qr/SignatureDoesNotMatch/, 'a wrong secret key');
is_failure(sync({ %$settings, SESSION_RECORDER_MINIO_ACCESS_KEY => 'nobody' }),
    1, qr/InvalidAccessKeyId/, 'an unknown access key');
is_failure(sync({ %$settings, SESSION_RECORDER_BUCKET_NAME => 'no-bucket' }),
    1, qr/AccessDenied/, 'an unknown bucket');
is_failure(sync({ %$settings, SESSION_RECORDER_BUCKET_NAME => 'no-bucket',
        SESSION_RECORDER_MINIO_ACCESS_KEY => $minio->user,
        SESSION_RECORDER_MINIO_SECRET_KEY => $minio->password }),
    1, qr/NoSuchBucket/, 'likewise, for who may look everywhere');
is_failure(sync({ %$settings, SETLINK_DB_PASSWORD => 'wrong' }),
    69, qr/the database refuses the user or the password/,
    'a wrong password of the database');

# MinIO goes down after the first page.
my $second_fails = count_proxy(<<'END');
if ($args ~ "continuation-token") { return 503; }
END
my $later = { %$settings, SESSION_RECORDER_MINIO_ENDPOINT =>
    'http://' . $second_fails->authority };
is_failure(sync($later), 69, qr/not able to answer.*503/,
    'MinIO fails at the second page');
is_deeply(all_rows($settings), $rows, 'nothing is taken for gone');
my $half = settings(SESSION_RECORDER_MINIO_ENDPOINT =>
    'http://' . $second_fails->authority);
is_failure(sync($half), 69, qr/503/, 'likewise, at the first refresh');
is(value($half, 'SELECT COUNT(*) FROM recordings'), 1,
    'what was listed by then is kept');
is(state($half)->[0], 'NULL', 'but that is no refresh');
$half->{SESSION_RECORDER_MINIO_ENDPOINT} = 'http://' . $proxy->authority;
is_report(sync($half), { exit => 0, added => $recordings - 2 },
    'the next refresh does the rest');
is_deeply([map { @$_[1, 2] } state($half)], [0, 'NULL'],
    'and the failure is forgotten');

# Of one recording the metadata cannot be fetched.
my $bad_id = id(2, 5);
my $one_fails = count_proxy(<<"END");
location ~ /$bad_id/metadata.json { return 503; }
END
my $partly = { %$settings, SESSION_RECORDER_MINIO_ENDPOINT =>
    'http://' . $one_fails->authority };
$minio->put($BUCKET, {
    "$plain{5}/metadata.json" => metadata(name => '"new 5"'),
    "$plain{5}/data.flac"     => 'new 5',
    "$plain{6}/metadata.json" => metadata(name => '"new 6"'),
});
is_failure(sync($partly), 69, qr/503/, 'metadata that cannot be fetched');
is_deeply([rows($settings, 'SELECT name, flac_size FROM recordings WHERE name'
        . " IN ('Set 6', 'Set 7', 'new 5', 'new 6') ORDER BY name")],
    [['new 6', 11], ['Set 6', 11]], 'its row stays, the others are written');
is_report(sync($settings), { exit => 0, changed => 1, requests => 4 },
    'the next refresh fetches it');

# Likewise that of a recorder.
my $recorder_fails = count_proxy(<<"END");
location = /$BUCKET/$R1/metadata.json { return 503; }
END
my $no_recorder = { %$settings, SESSION_RECORDER_MINIO_ENDPOINT =>
    'http://' . $recorder_fails->authority };
my $names = 'SELECT name FROM recorders WHERE name <> \'\' ORDER BY name';
$minio->put($BUCKET, { "$R1/metadata.json" => qq({"name":"Attic"}),
    "$R2/metadata.json" => qq({"name":"Bar"}) });
is_failure(sync($no_recorder), 69, qr/503/,
    'a recorder whose metadata cannot be fetched');
is_deeply([map { @$_ } rows($settings, $names)], ['Bar', 'Living Room'],
    'it keeps its name, the other one gets its own');
is_report(sync($settings), { exit => 0, changed => 0, requests => 4 },
    'the next refresh fetches it');
is_deeply([map { @$_ } rows($settings, $names)], ['Attic', 'Bar'],
    'and has its name');
is(value($settings, 'SELECT COUNT(*) FROM recorders'), 4,
    'each recorder has one row');

# A waveform that cannot be fetched is no reason to fail.
my $waveform_fails = count_proxy(<<'END');
location ~ /waveform.dat { return 503; }
END
my $due = 'SELECT COUNT(*) FROM recordings WHERE audio_due = 1';
is(value($settings, $due), 0, 'all waveforms have been read');
$minio->put($BUCKET,
    { map { ("$plain{$_}/waveform.dat" => "another $_") } 8, 9 });
is_report(sync({ %$settings, SESSION_RECORDER_MINIO_ENDPOINT =>
        'http://' . $waveform_fails->authority }),
    { exit => 0, status => 'done', changed => 2, requests => 5 },
    'waveforms that cannot be fetched');
is(value($settings, $due), 2, 'are left');
is_report(sync($settings), { exit => 0, changed => 0, requests => 5 },
    'to the next refresh');
is(value($settings, $due), 0, 'which reads them');

# One that must not be read, or is shorter than it was, keeps no others waiting.
my $waveform_refused = count_proxy(<<"END");
location ~ $plain{8}/waveform.dat { return 403; }
location ~ $plain{9}/waveform.dat { return 416; }
END
$minio->put($BUCKET,
    { map { ("$plain{$_}/waveform.dat" => "a third $_") } 8, 9 });
is_report(sync({ %$settings, SESSION_RECORDER_MINIO_ENDPOINT =>
        'http://' . $waveform_refused->authority }),
    { exit => 0, status => 'done', changed => 2, requests => 5 },
    'waveforms that are refused');
is(value($settings, $due), 0, 'are not tried again');

# Another refresh takes the lease while waveforms are read.
$minio->put($BUCKET, { "$plain{8}/waveform.dat" => 'a fourth' });
my $audio_thief = Setlink::Relay->start($minio->port, sub {
    hold_lease($settings, 3600) if $_[0] =~ /waveform.dat/;
    return 1;
});
is_report(sync({ %$settings, SESSION_RECORDER_MINIO_ENDPOINT =>
        'http://' . $audio_thief->authority }),
    { exit => 0, status => 'done', changed => 1 },
    'a refresh that loses the lease when it has finished');
$audio_thief->stop;
is(value($settings, 'SELECT failure FROM sync_state'), 'NULL',
    'has not failed');
is(value($settings, $due), 1, 'the waveform is left');
hold_lease($settings, -1);
is_report(sync($settings), { exit => 0, changed => 0, requests => 4 },
    'to the next one');
is(value($settings, $due), 0, 'which reads it');

# Metadata that is deleted between listing and fetch.
my $vanishes = count_proxy(<<"END");
location ~ /$bad_id/metadata.json {
	return 404 '<Error><Code>NoSuchKey</Code></Error>';
}
END
$minio->put($BUCKET,
    { "$plain{5}/metadata.json" => metadata(name => '"other"') });
is_report(sync({ %$settings, SESSION_RECORDER_MINIO_ENDPOINT =>
        'http://' . $vanishes->authority }),
    { exit => 0, changed => 1, unreadable => 0 },
    'metadata that is gone when it is fetched');
is_deeply([rows($settings, 'SELECT metadata_etag FROM recordings'
        . " WHERE name = 'new 5'")], [['NULL']], 'is as if not listed');
is_report(sync($settings), { exit => 0, changed => 1, requests => 4 },
    'and is read when it is there again');

# Another refresh takes the lease while this one lists.
$minio->put($BUCKET, { "$plain{7}/metadata.json" =>
    metadata(name => '"too late"') });
my $thief = Setlink::Relay->start($minio->port, sub {
    hold_lease($settings, 3600) if $_[0] =~ /continuation-token/;
    return 1;
});
my $robbed = { %$settings, SESSION_RECORDER_MINIO_ENDPOINT =>
    'http://' . $thief->authority };
is_failure(sync($robbed), 1, qr/another refresh has taken over/,
    'a refresh that lost its lease');
is(value($settings, 'SELECT COUNT(*) FROM recordings'
        . " WHERE name = 'too late'"), 0, 'writes nothing more');
is_deeply(state($settings)->[2], 'NULL', 'and is no failure of the index');
hold_lease($settings, -1);
$thief->stop;

# A refresh that is told to end gives the lease back.
my $pid_file = scratch() . '/pid';
my $ender = Setlink::Relay->start($minio->port, sub {
    return 1 if $_[0] !~ /continuation-token/;
    sleep 0.01 while !-s $pid_file;
    open my $file, '<', $pid_file or die "$pid_file: $!\n";
    kill 'TERM', <$file>;
    return 1;
});
my $ended = setlink_start({ %$settings, SESSION_RECORDER_MINIO_ENDPOINT =>
        'http://' . $ender->authority }, 'sync');
open my $file, '>', $pid_file or die "$pid_file: $!\n";
print {$file} $ended->{pid};
close $file or die "$pid_file: $!\n";
is_deeply([setlink_wait($ended)], [1, '', "setlink: interrupted\n"],
    'a refresh is told to end');
is(value($settings, "SELECT owner FROM leases WHERE name = 'sync'"), 'NULL',
    'and gives the lease back');
$ender->stop;
is_report(sync($settings), { exit => 0, changed => 1, requests => 4 },
    'the next refresh does what those two did not');

# --- Sets that wait for a recording.

$minio->make_bucket('waits');
my $waits = settings(SESSION_RECORDER_BUCKET_NAME => 'waits');
my ($set, $started) = (id(5, 5) =~ s/-//gr, time - 7200);

# A recording of this recorder, from so many seconds after the set's start on,
# for as long as the set takes.
sub store_waited_for {
    my ($recorder, $id, $late) = @_;
    $minio->put('waits', { prefix($recorder, $id) . '/data.ogg' => 'OggS',
        prefix($recorder, $id) . '/metadata.json' => metadata(@closed,
            start_time => strftime('"%Y-%m-%dT%H:%M:%SZ"',
                gmtime $started + $late),
            end_time => '"0001-01-01T00:00:00Z"') });
    return;
}

sub linked_of {
    return value($waits, 'SELECT LOWER(HEX(recording_id)) FROM'
        . " session_recordings WHERE session_id = UNHEX('$set')");
}

rows($waits, <<"END");
INSERT INTO djs (id, name, registered_at)
VALUES (UNHEX('$set'), 'DJ', UTC_TIMESTAMP(6));
INSERT INTO sessions (id, dj_id, started_at, ended_at)
VALUES (UNHEX('$set'), UNHEX('$set'), FROM_UNIXTIME($started),
FROM_UNIXTIME($started + 3600))
END
store_waited_for($R1, id(5, 7), 600);
is_report(sync($waits), { exit => 0, added => 1, linked => 1 },
    'a set without a recording is looked at at each refresh');
is_report(sync($waits), { exit => 0, changed => 0, linked => 0 },
    'one that has one is left alone without changes');
store_waited_for($R2, id(5, 6), 60);
is_report(sync($waits), { exit => 0, added => 1, linked => 1 },
    'a new recording that fits better is linked in its place');
is(linked_of(), id(5, 6) =~ s/-//gr, 'to the right one');
$minio->remove('waits', map { prefix($R2, id(5, 6)) . "/$_" }
    qw(metadata.json data.ogg));
is_report(sync($waits), { exit => 0, gone => 1, linked => 1 },
    'when that is gone it is given up');
is(linked_of(), id(5, 7) =~ s/-//gr, 'for the one that is there');
$minio->remove('waits', map { prefix($R1, id(5, 7)) . "/$_" }
    qw(metadata.json data.ogg));
is_report(sync($waits), { exit => 0, gone => 1, linked => 0 },
    'the link stays when there is no other one');
is(linked_of(), id(5, 7) =~ s/-//gr, 'the link stays');

# One that never stops: it began long before the set.
$minio->put('waits', { prefix($R2, id(5, 8)) . '/metadata.json' =>
        metadata(start_time => '"2020-01-01T00:00:00Z"'),
    prefix($R2, id(5, 8)) . '/chunks/0000000000000000' => 'c' });
is_report(sync($waits), { exit => 0, added => 1, linked => 1 },
    'a recording that began years ago, and still goes on');
is(linked_of(), id(5, 8) =~ s/-//gr, 'is found');

# --- Buckets of other sizes.

$minio->make_bucket('empty-bucket');
my $empty = { %$settings, $minio->settings('empty-bucket') };
is_report(sync($empty), {
    exit => 0, status => 'done', keys => 0, recordings => 0,
    gone => $recordings + 1 - 2, requests => 1 + $recordings + 1 - 2
}, 'an empty bucket: all recordings gone, each asked for before');
is_report(sync($settings), { exit => 0, added => $recordings + 1 - 2,
    requests => 3 }, 'and back');

$minio->make_bucket('thousand');
$minio->put('thousand', { map { ($_ => 'x') } 1 .. 1000 });
is_report(sync(settings(SESSION_RECORDER_BUCKET_NAME => 'thousand')),
    { exit => 0, keys => 1000, foreign_keys => 1000, requests => 1 },
    'just one page');

my @others = grep { !/^(?:GET) / } $proxy->requests;
is_deeply(\@others, [], 'nothing was ever sent to MinIO but GET');

# --- A listing that goes on for ever.

my @endless = ('', '<Contents><Key>k</Key><Size>1</Size></Contents>');

sub endless {
    my ($bucket, $content) = @_;
    my $next = '<NextContinuationToken>again</NextContinuationToken>';
    return Setlink::Proxy->start(server => 'location / { return 200 \''
        . '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        . "<Name>$bucket</Name><IsTruncated>true</IsTruncated>$content$next</ListBucketResult>'; }");
}

for my $content (@endless) {
    my $endless = endless($BUCKET, $content);
    my $report = sync({ %$settings, SESSION_RECORDER_MINIO_ENDPOINT =>
        'http://' . $endless->authority });
    is($report->{status}, 'failed', 'a listing without an end is refused');
    like($report->{detail}, qr/without end/, 'and the reason told');
    $endless->stop;
}

# --- What requests do to the index.

# The answer of the worker as a CGI program.
sub answer {
    my ($settings_of, $method, $target) = @_;
    return (Setlink::FastCGI->run_cgi($settings_of,
        Setlink::FastCGI::variables(REQUEST_METHOD => $method,
            REQUEST_URI => $target, CONTENT_LENGTH => 0)))[1];
}

sub age_index {
    rows($settings, 'UPDATE sync_state SET asked_at = NULL,'
        . ' finished_at = UTC_TIMESTAMP(6) - INTERVAL 61 SECOND');
    return;
}

age_index();
is_status(answer({ %$settings, SESSION_RECORDER_ENABLED => 'false' }, 'GET',
    '/api/sessions'), 200, 'the sessions, without the integration');
is(value($settings, 'SELECT asked_at FROM sync_state'), 'NULL',
    'ask for no refresh');
is_status(answer($settings, 'GET', '/api/sessions'), 200, 'with it');
my $fresh_rows = 'SELECT COUNT(*) FROM sync_state'
    . ' WHERE finished_at > UTC_TIMESTAMP(6) - INTERVAL 60 SECOND';
my $refreshed;
for (1 .. 600) {
    last if $refreshed = value($settings, $fresh_rows);
    sleep 0.1;
}
ok($refreshed, 'they do, and the index is brought up to date');
is_status(answer($settings, 'GET', '/ready'), 200, 'then it is ready');

# The command of a worker is the one beside it.
my $alone = scratch() . '/alone';
mkdir $alone or die "$alone: $!\n";
system('cp', program('setlink.fcgi'), $alone) == 0 or die "cp: $?\n";
for my $command (undef, '/bin/false', '/bin/echo') {
    local $ENV{SETLINK_BUILD} = $alone;
    my $name = $command // 'no command';
    unlink "$alone/setlink";
    symlink $command, "$alone/setlink" or die "$alone: $!\n" if $command;
    my $ready = answer($down, 'GET', '/ready');
    is_status($ready, 503, "$name: not ready");
    ok(!$ready->{json}{minio}{ok}, 'because of MinIO');
    ok($ready->{json}{$_}{ok}, "not of the $_") for qw(database index);
    is_problem(answer($down, 'POST', '/api/session-recorder/sync'), 503,
        qr/./, 'no refresh either');
}

# --- A refresh that is killed before it has looked at the sets again.

$minio->make_bucket('sets');
my $sets = settings(SESSION_RECORDER_BUCKET_NAME => 'sets');
my $set_start = int(time) - 7200;

sub store_recording {
    my ($n, $late) = @_;
    my @time = map { strftime('"%FT%TZ"', gmtime $set_start + $_) }
        $late, 3600;
    my $prefix = prefix($R1, id(3, $n));
    $minio->put('sets', { "$prefix/data.ogg" => "OggS $n",
        "$prefix/metadata.json" => metadata(@closed, start_time => $time[0],
            end_time => $time[1]) });
    return;
}

sub linked_recording {
    return lc value($sets, 'SELECT HEX(recording_id) FROM session_recordings'
        . ' WHERE part = 1');
}

rows($sets, 'INSERT INTO djs (id, name, registered_at)'
    . " VALUES (0x01, 'DJ', '2020-01-01'); INSERT INTO sessions (id, dj_id,"
    . ' started_at, ended_at) VALUES (0x02, 0x01,'
    . " FROM_UNIXTIME($set_start), FROM_UNIXTIME($set_start + 3600))");
store_recording(1, 60);
is_report(sync($sets), { exit => 0, added => 1, linked => 1 }, 'a set');
store_recording(2, 1);
my $holder = $database->connect($sets->{SETLINK_DB_NAME});
$holder->query('BEGIN');
$holder->query('SELECT id FROM sessions FOR UPDATE');
my $killed = setlink_start($sets, 'sync');
for (1 .. 600) {
    last if value($sets, 'SELECT COUNT(*) FROM information_schema.innodb_trx'
        . " WHERE trx_state = 'LOCK WAIT'");
    sleep 0.1;
}
kill 'KILL', $killed->{pid};
is((setlink_wait($killed))[0], 128 + 9, 'a refresh is killed');
$holder->query('ROLLBACK');
$holder->disconnect;
is(value($sets, 'SELECT COUNT(*) FROM recordings'), 2, 'the index is new');
is(linked_recording(), id(3, 1) =~ tr/-//dr, 'the set has what it had');
is_report(sync($sets), { exit => 0, added => 0, changed => 0, linked => 1 },
    'the next one changes nothing in the index');
is(linked_recording(), id(3, 2) =~ tr/-//dr, 'but gives the set the better');
is(value($sets, 'SELECT relink_due - relinked FROM sync_state'), 0,
    'then it is done');

# --- Waveforms wait for sets.

my $seen_by = scratch() . '/linked';
store_recording(3, 0);
$minio->put('sets', { prefix($R1, id(3, 3)) . '/waveform.dat' => 'a waveform' });
my $observer = Setlink::Relay->start($minio->port, sub {
    return 1 if $_[0] !~ /waveform.dat/;
    open my $file, '>', $seen_by or die "$seen_by: $!\n";
    print {$file} linked_recording();
    close $file or die "$seen_by: $!\n";
    return 1;
});
is_report(sync({ %$sets, SESSION_RECORDER_MINIO_ENDPOINT =>
        'http://' . $observer->authority }), { exit => 0, linked => 1 },
    'a recording with a waveform');
$observer->stop;
open my $linked, '<', $seen_by or die "$seen_by: $!\n";
is(scalar <$linked>, id(3, 3) =~ tr/-//dr, 'is linked before that is read');
close $linked;

$minio->put('sets', { map { (prefix($R1, id(4, $_)) . '/waveform.dat' => $_) }
    1 .. 1025 });
is_report(sync($sets), { exit => 0, added => 1025, requests => 2 + 1024 },
    'many waveforms');
is(value($sets, $due), 1, 'are not all read by one refresh');
is_report(sync($sets), { exit => 0, changed => 0, requests => 2 + 1 },
    'but by the next one');

# --- The listing of one recording that goes on for ever.

for my $content (@endless) {
    my $endless = endless('sets', $content);
    rows($sets, 'INSERT INTO events_pending (recorder_id, recording_id, look)'
        . ' SELECT recorder_id, id, 2 FROM recordings WHERE ogg_size > 0');
    my ($status, undef, $err) = setlink({ %$sets,
        SESSION_RECORDER_MINIO_ENDPOINT => 'http://' . $endless->authority,
        SETLINK_LOG => 'warn' }, 'events', 'drain');
    is($status, 0, 'an event');
    like($err, qr/event=not_listed .*(?:without end|not asked for)/,
        'the listing is refused');
    is(value($sets, 'SELECT COUNT(*) FROM recordings WHERE ogg_size > 0'
            . ' AND gone_at IS NULL'), 3, 'files that are known stay');
    $endless->stop;
}

# --- How it is called.

my ($status, $out, $err) = setlink($settings, 'sync');
is($status, 0, 'a refresh without --json');
like($out, qr/\A\d+ recordings: .*; \d+ requests; 0 sets linked\n\z/,
    'one line sums it up');
is($err, '', 'and nothing else is said');
for my $args (['--wait'], ['--wait', '-1'], ['--wait', '1x'],
    ['--wait', '99999999999'], ['--bogus'], ['extra']) {
    ($status, $out, $err) = setlink($settings, 'sync', @$args);
    is("$status $out", '64 ', "@$args is refused");
    like($err, qr/\Asetlink: usage: setlink sync .*\n\z/, 'and the use told');
}
($status, $out, $err) = setlink({ %$settings,
    SESSION_RECORDER_SYNC_INTERVAL => 'often' }, 'sync');
is("$status $out", '78 ', 'a wrong setting is refused');
like($err, qr/\Asetlink: SESSION_\w+_SYNC_INTERVAL: "often" must be .*\n\z/,
    'and named');

done_testing();
