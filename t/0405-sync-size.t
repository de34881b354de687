# SPDX-License-Identifier: MIT
# A refresh of a bucket of 10,000 recordings: what it asks for, what it writes,
# what it has in memory, and what is done again after one that was interrupted.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::MD5 qw(md5_hex);
use IO::Socket::INET;
use JSON::PP qw(decode_json);
use Setlink::Command qw(setlink_start setlink_wait);
use Setlink::Database;
use Setlink::Instance;
use Setlink::Minio;
use Setlink::Proxy;
use Setlink::Recordings qw(recording_objects recording_prefix uuid_of);
use Test::More;

my $BUCKET     = 'session-recorder';
my $RECORDINGS = 10_000;
my $RECORDERS  = 40;
my $KEYS       = $RECORDINGS + $RECORDERS;
my $PAGES      = 11;

# A refresh that ends on the way has as many recordings in hand, and not yet
# written.
my $IN_HAND = 200 + 16;
my $MOST_MEMORY = 24 * 1024;    # KB

# In the order of the listing.
my @recordings = map { {
    recorder => uuid_of(1, int($_ * $RECORDERS / $RECORDINGS)),
    id       => uuid_of(2, $_),
    start    => 1_700_000_000 + $_ * 1000,
    end      => 1_700_000_900 + $_ * 1000,
    files    => [],
} } 0 .. $RECORDINGS - 1;

# All but these are in the index already: fetching all takes a test too long.
my ($UNKNOWN, $FROM) = (1500, 4000);

my $minio = Setlink::Minio->start;
my $database = Setlink::Database->start;
$minio->make_bucket($BUCKET);
my %objects = map { recording_objects($_) } @recordings;
$minio->put_many($BUCKET, {
    %objects,
    map { (uuid_of(1, $_) . '/metadata.json' => qq({"name":"Room $_"})) }
        0 .. $RECORDERS - 1
});

# A way to MinIO on which the metadata of one recording comes from us.
my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 8)
    or die "no free port: $@\n";

sub way_past {
    my ($recording) = @_;
    my $held = $recording ? recording_prefix($recording) : 'nothing';
    return Setlink::Proxy->start(server => <<"END");
proxy_set_header Host \$http_host;
proxy_http_version 1.1;
location / { proxy_pass http://kept; }
location ~ /$held/metadata.json { proxy_pass http://127.0.0.1:@{[
    $listener->sockport ]}; }
}
upstream kept {
	server @{[ $minio->authority ]};
	keepalive 16;
END
}

my %settings = ($database->prepare,
    $minio->settings($BUCKET), SETLINK_LOG => 'error');

sub sql { return $database->query($settings{SETLINK_DB_NAME}, @_) }

sub start_sync {
    my ($way) = @_;
    return setlink_start({ %settings, SESSION_RECORDER_MINIO_ENDPOINT =>
            'http://' . $way->authority }, 'sync', '--json');
}

sub end_sync {
    my ($started) = @_;
    my ($status, $out) = setlink_wait($started);
    return { exit => $status, %{ (eval { decode_json($out) }) || {} } };
}

# How many of those that were unknown are in the index.
sub known {
    return (sql('SELECT COUNT(*) FROM recordings'))[0][0]
        - $RECORDINGS + $UNKNOWN;
}

# What a process has had in memory at most, in KB.
sub peak {
    my ($pid) = @_;
    open my $file, '<', "/proc/$pid/status" or die "/proc/$pid: $!\n";
    return (join('', <$file>) =~ /^VmHWM:\s+(\d+)/m)[0];
}

# What the index says of a closed recording without files.
sub index_row {
    my ($r) = @_;
    my ($recorder, $id) = map { "X'" . tr/-//dr . "'" } @{$r}{qw(recorder id)};
    my $etag = md5_hex($objects{ recording_prefix($r) . '/metadata.json' });
    my ($start, $end) = map { "FROM_UNIXTIME($_)" } @{$r}{qw(start end)};
    return "($recorder, $id, $start, $end, 900000000000, 1, '$etag', $start,"
        . ' UTC_TIMESTAMP(6))';
}

sql('INSERT INTO recordings (recorder_id, id, start_time, end_time,'
    . ' duration_ns, is_closed, metadata_etag, listed_at, first_seen_at) VALUES '
    . join(', ', map { index_row($_) } @recordings[0 .. $FROM - 1,
        $FROM + $UNKNOWN .. $#recordings]));

# --- Two refreshes that are ended, each at a recording whose metadata they
# wait for; then one that does the rest.

my @ways = (way_past($recordings[$FROM + 500]),
    way_past($recordings[$FROM + 1000]),
    way_past());
my @peaks;

my $killed = start_sync($ways[0]);
my $client = $listener->accept;
push @peaks, peak($killed->{pid});
kill 'KILL', $killed->{pid};
is(end_sync($killed)->{exit}, 128 + 9, 'one is killed');
close $client;
my $first = known();
cmp_ok($first, '>', 500 - $IN_HAND, 'what it has fetched is written');
cmp_ok($first, '<', 500 + $IN_HAND, 'and no more');

# Its lease runs out.
sql("UPDATE leases SET until_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND"
    . " WHERE name = 'sync'");
my $told = start_sync($ways[1]);
$client = $listener->accept;
push @peaks, peak($told->{pid});
kill 'TERM', $told->{pid};
print {$client} "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n"
    . "Connection: close\r\n\r\n";
close $client;
my $report = end_sync($told);
is("$report->{exit} $report->{detail}", '1 interrupted', 'one is told to end');
my $second = known();
cmp_ok($second, '>', 1000 - $IN_HAND, 'what it has fetched is written');

$report = end_sync(start_sync($ways[2]));
is_deeply([@{$report}{qw(exit keys recordings changed gone unreadable)}],
    [0, $KEYS, $RECORDINGS, 0, 0, 0], 'the next one does the rest');
is($report->{added}, $UNKNOWN - $second, 'and no more');
is_deeply([sql('SELECT COUNT(*), COUNT(DISTINCT start_time) FROM recordings')],
    [[$RECORDINGS, $RECORDINGS]], 'each recording is there, with its metadata');
my $sent = 0;
$sent += $_->requests for @ways;
cmp_ok($sent, '<=', $UNKNOWN + $RECORDERS + 3 * $PAGES + 2 * $IN_HAND,
    'hardly any metadata was fetched more than once');
cmp_ok($sent, '>=', $UNKNOWN + $RECORDERS + 2 * $PAGES, 'all of it once');

SKIP: {
    skip 'sanitizers use memory of their own', 2
        if Setlink::Instance::is_sanitized();
    cmp_ok($peaks[0], '<', $MOST_MEMORY, 'little memory is used');
    cmp_ok($peaks[1], '<', 1.1 * $peaks[0], 'and no more for more recordings');
}

# --- A bucket that did not change.

sub writes {
    my %status = map { @$_ } $database->query('', "SHOW GLOBAL STATUS WHERE"
        . " Variable_name IN ('Com_insert', 'Com_update', 'Com_delete',"
        . " 'Handler_update')");
    return \%status;
}

sub checksums {
    return [sql('CHECKSUM TABLE recordings, recorders, sessions')];
}

my ($checksums, $before) = (checksums(), writes());
$report = end_sync(start_sync($ways[2]));
is_deeply([@{$report}{qw(exit added changed gone requests)}],
    [0, 0, 0, 0, $PAGES], 'an unchanged bucket: a request for each page');
my $after = writes();
is($after->{$_}, $before->{$_}, "no $_") for qw(Com_insert Com_delete);
cmp_ok($after->{Com_update} - $before->{Com_update}, '<', 20,
    'the lease and the state are written');
cmp_ok($after->{Handler_update} - $before->{Handler_update}, '<', 20,
    'and no other row');
is_deeply(checksums(), $checksums, 'all rows are as they were');

# --- One recording more.

my $new = { recorder => uuid_of(1, 17), id => uuid_of(3, 1), files => [],
    start => 1_800_000_000, end => 1_800_000_900 };
$minio->put($BUCKET, { recording_objects($new) });
$report = end_sync(start_sync($ways[2]));
is_deeply([@{$report}{qw(exit added changed gone requests)}],
    [0, 1, 0, 0, $PAGES + 1], 'one recording more: one request more');

done_testing;
