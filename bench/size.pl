#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# A bucket of very many recordings: size.pl [--minio] [RECORDINGS [RECORDERS]].
# With --minio it is a real one, which has to be filled first; else one of
# bench/bucket.c. SETLINK_BUILD is the build folder, after `make bench`.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../t/lib", $FindBin::Bin;
use JSON::PP qw(decode_json);
use Setlink::Bucket;
use Setlink::Command qw(program run_program setlink_start setlink_wait);
use Setlink::Database;
use Setlink::FastCGI;
use Time::HiRes qw(sleep time);

my $real = @ARGV && $ARGV[0] eq '--minio' && shift @ARGV;
my $recordings = $ARGV[0] // 100_000;
my $recorders = $ARGV[1] // 40;
my $SAMPLE = 2000;    # recordings, read by curl, that stand for all
my $WAVEFORMS = 1024;    # what a refresh reads of them at most
my $LIST = '/api/session-recorder/available-sessions';

$| = 1;
my $database = Setlink::Database->start;
my $bucket = $real
    ? Setlink::Bucket->fill_minio($recordings, $recorders)
    : Setlink::Bucket->start($recordings, $recorders, 20_000);

sub settings {
    my %settings = ($database->create, $bucket->settings,
        SESSION_RECORDER_SYNC_INTERVAL => 86_400, SETLINK_LOG => 'error');
    my ($status, undef, $error) = run_program(program('setlink'), \%settings,
        'migrate');
    die $error if $status != 0;
    return \%settings;
}

sub sql { return $database->query($_[0]{SETLINK_DB_NAME}, $_[1]) }

# How much memory a process has had at most, in KB, once it ends; `meanwhile`
# is called while it runs.
sub peak {
    my ($pid, $meanwhile) = @_;
    my $most = 0;
    while (open my $file, '<', "/proc/$pid/status") {
        my ($now) = join('', <$file>) =~ /^VmHWM:\s+(\d+)/m or last;
        $most = $now;
        $meanwhile->() if $meanwhile;
        sleep 0.02;
    }
    return $most;
}

# `setlink sync`: its report with `seconds` and `peak`.
sub sync {
    my ($settings, $meanwhile, @arguments) = @_;
    my $begin = time;
    my $started = setlink_start($settings, 'sync', '--json', @arguments);
    my $peak = peak($started->{pid},
        $meanwhile && sub { $meanwhile->($started->{pid}) });
    my ($status, $out, $error) = setlink_wait($started);
    my $report = eval { decode_json($out) } // {};
    return { %$report, seconds => time - $begin, peak => $peak,
        status => $status, error => $error };
}

sub seconds_of {
    my ($work) = @_;
    my $begin = time;
    $work->();
    return time - $begin;
}

sub row {
    my ($name, $seconds, $beside, $with, $more) = @_;
    printf "| %s | %.3f s | %.3f s %s | %.2f | %s |\n", $name, $seconds, $with,
        $beside, $seconds / $with, $more // '';
    return;
}

sub writes {
    my %count = map { @$_ } $database->query('', 'SHOW GLOBAL STATUS WHERE'
            . " Variable_name IN ('Com_insert', 'Com_update', 'Com_delete',"
            . " 'Handler_write', 'Handler_update')");
    return \%count;
}

sub written {
    my ($before) = @_;
    my $after = writes();
    return join ', ', map { "$_ " . ($after->{$_} - $before->{$_}) }
        grep { $after->{$_} > $before->{$_} } sort keys %$after;
}

print "$recordings recordings of $recorders recorders, ", ($real ? 'MinIO'
    : 'bench/bucket'), "\n\n| what | time | beside | ratio | |\n",
    "| --- | --- | --- | --- | --- |\n";
my $settings = settings();
my $first = sync($settings);
die "setlink sync: $first->{error}" if $first->{status} != 0;
my $connections = $bucket->connections;
my @pages = $bucket->pages;
my $listing = seconds_of(sub { $bucket->curl(1, @pages) });
my $gets = seconds_of(sub { $bucket->get_metadata($SAMPLE) })
    * $recordings / $SAMPLE;
$gets += seconds_of(sub { $bucket->get_waveforms(
    $recordings < $WAVEFORMS ? $recordings : $WAVEFORMS) });
row('first sync', $first->{seconds}, 'all of it by curl, 16 at a time',
    $listing + $gets,
    "$first->{requests} requests, $connections connections, $first->{keys}"
        . " keys, $first->{peak} KB");

# As if the other waveforms had been read by refreshes since then.
sql($settings, 'UPDATE recordings SET audio_due = NULL,'
    . ' audio_etag = waveform_etag');

# Seconds of a listing of which nothing is made.
sub listing {
    my (undef, $out) = run_program(program('bench/listing'), $settings);
    my ($keys, $seconds) = $out =~ /\A(\d+) ([\d.]+)\n\z/
        or die "bench/listing failed\n";
    return $seconds;
}

# The least of both, in turns.
sub in_turns {
    my (@reports, @listings);
    for (1 .. 5) {
        push @listings, listing();
        push @reports, sync($settings);
    }
    return ((sort { $a->{seconds} <=> $b->{seconds} } @reports)[0],
        (sort { $a <=> $b } @listings)[0]);
}

my $before = writes();
my $once = sync($settings);
my $written = written($before);
my ($none, $same) = in_turns();
row('unchanged', $none->{seconds}, 'the bare listing', $same,
    "$once->{requests} requests, " . @pages . " pages; $written;"
        . " $none->{peak} KB");
$bucket->add_one;
$same = listing();
my $one = sync($settings);
row('one new recording', $one->{seconds}, 'the bare listing', $same,
    "$one->{requests} requests, $one->{added} added, $one->{peak} KB");

# --- Requests.

my $worker = Setlink::FastCGI->start(%$settings);

# Milliseconds that a request takes, of the fastest third.
sub milliseconds {
    my ($method, @targets) = @_;
    my @times;
    for my $target (@targets) {
        my $begin = time;
        my $socket = $worker->send_request({ REQUEST_METHOD => $method,
            REQUEST_URI => $target, CONTENT_LENGTH => 0 });
        my $answer = do { local $/; <$socket> };
        push @times, 1000 * (time - $begin);
        die "$target: $answer\n" if $answer !~ /Status: 200 /;
    }
    @times = (sort { $a <=> $b } @times)[0 .. $#times / 3];
    my $sum = 0;
    $sum += $_ for @times;
    return $sum / @times;
}

sub text { my ($hex) = @_; return lc $hex =~
    s/^(.{8})(.{4})(.{4})(.{4})(.{12})$/$1-$2-$3-$4-$5/r }

# The cursor of the page that has only the last recordings of all.
my ($last) = sql($settings, "SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01',"
    . ' listed_at), HEX(recorder_id), HEX(id) FROM recordings'
    . ' ORDER BY listed_at, recorder_id, id LIMIT 1 OFFSET 100');
my $cursor = lc sprintf '%016x%s%s', @$last;
my ($middle) = sql($settings, 'SELECT DATE_FORMAT(listed_at,'
    . " '%Y-%m-%dT%H:%i:%sZ'), HEX(recorder_id) FROM recordings"
    . ' ORDER BY listed_at LIMIT 1 OFFSET ' . int($recordings / 2));
my ($since, $recorder) = ($middle->[0], text($middle->[1]));

# Sets to be linked: in the hours of recordings.
my @sets = map { $_->[0] } sql($settings, <<"END");
INSERT INTO djs (id, name, registered_at)
VALUES (UNHEX(MD5('dj')), 'DJ', UTC_TIMESTAMP(6));
INSERT INTO sessions (id, dj_id, started_at, ended_at)
SELECT UNHEX(MD5(seq)), UNHEX(MD5('dj')), start + INTERVAL 30 SECOND,
start + INTERVAL 50 MINUTE FROM (SELECT seq, '2020-01-01' + INTERVAL
seq * FLOOR(($recordings DIV $recorders) / 61) HOUR AS start FROM seq_1_to_60)
hours;
SELECT HEX(id) FROM sessions;
END

my $least = milliseconds('GET', ('/api/session-recorder/recorders?limit=1')
    x 60);
print "\n| request | ms | ratio to a list of one recorder |\n",
    "| --- | --- | --- |\n";
for my $request (['first page', ''], ['last page', "cursor=$cursor"],
    ['of a recorder', "recorder_id=$recorder"], ['since', "since=$since"],
    ['until', "until=$since"], ['linked', 'linked=true'],
    ['not linked', 'linked=false'], ['open', 'open=true'],
    ['closed', 'open=false'], ['open, of a recorder',
        "open=true&recorder_id=$recorder"]) {
    my ($name, $query) = @$request;
    my $ms = milliseconds('GET', ("$LIST?limit=100&$query") x 30);
    printf "| %s | %.2f | %.2f |\n", $name, $ms, $ms / $least;
}
my $auto = milliseconds('POST', map { '/api/session-recorder/auto-link/'
    . text($_) } @sets);
printf "| auto-link | %.2f | %.1f |\n", $auto, $auto / $least;

# --- One that is interrupted twice.

exit 0 if $real;
$settings = settings();
my $begin = $bucket->gets;
my @left = (0.33, 0.66);
for my $signal (qw(TERM KILL)) {
    my $until = $begin + $recordings * shift @left;
    my $sent;
    sync($settings, sub {
        my ($pid) = @_;
        kill $signal, $pid if !$sent && $bucket->gets > $until && ++$sent;
    }, '--wait', 120);
}
# The lease of the one that was killed runs out.
sql($settings, "UPDATE leases SET owner = NULL WHERE name = 'sync'");
my $rest = sync($settings);
my ($have) = sql($settings, 'SELECT COUNT(*) FROM recordings');
printf "\nended by SIGTERM and by SIGKILL on the way: %d recordings,"
    . " %d metadata fetched more than once\n", $have->[0],
    $bucket->gets - $begin - $have->[0] - $recorders;
