# SPDX-License-Identifier: MIT
# What a worker has in memory after 10,000 mixed requests is what it had after
# 1,000, and little. A worker with sanitizers has other memory: it has to
# answer all of them, and lose none of its memory.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Setlink::Instance;
use Setlink::Night qw(new_dj new_set start_set new_recording link_target);
use Setlink::Recordings qw(uuid_of);
use Test::More;

my $MOST  = 8 * 1024;    # KB
my $NOISE = 1.03;
my $BATCH = 40;
my $HOUR  = 3600;
my $BASE  = '/api/session-recorder';

my $instance = Setlink::Instance->start(workers => 1,
    settings => { SESSION_RECORDER_SYNC_INTERVAL => 3600 });
my $noon = int(time) - 3 * 24 * $HOUR;
my $dj   = new_dj($instance, 'The One');
my @recordings = map { new_recording(start => $noon - $_ * $HOUR,
        end => $noon - ($_ - 1) * $HOUR) } 1 .. 100;
$instance->record(@recordings);
my @ids = map { new_set($instance, $noon - $_ * $HOUR,
        $noon - ($_ - 1) * $HOUR) } 1 .. 110;
start_set($instance, dj_id => $dj);

# One of each kind; what it changes, it changes to the same.
sub mixture {
    my ($n) = @_;
    my $id = $ids[$n % 100];
    return (
        ['GET', '/health'],
        ['GET', '/api/djs'],
        ['GET', '/api/sessions'],
        ['GET', "/api/sessions/$id"],
        ['GET', '/api/sessions/current'],
        ['GET', "/api/sessions/$id/download"],
        ['GET', "$BASE/available-sessions"],
        ['GET', "$BASE/available-sessions?presigned=true&limit=$n"],
        ['GET', "$BASE/session/$id"],
        ['GET', "$BASE/download/$id/ogg"],
        ['GET', "$BASE/download/$id/flac?redirect=true&expires_in=$n"],
        ['POST', "$BASE/auto-link/$id"],
        ['POST', link_target($id, $recordings[$n % 100]) . '?force=true'],
        ['PUT', "/api/sessions/$id", { room => "Room $n" }],
        ['POST', '/api/sessions/start', { dj_id => $dj }],
        ['POST', '/api/djs/register', { name => 'The One' }],
        ['POST', '/api/djs/register', '{"name":' . '[' x $n],
        ['GET', '/nowhere/' . 'x' x $n],
        ['GET', '/api/djs/' . uuid_of(1, $n)],
        ['DELETE', '/api/djs'],
    );
}

# Send so many; returns how many were not answered, or with an error of ours.
sub send_requests {
    my ($count) = @_;
    my ($bad, @waiting) = (0);
    for my $n (1 .. $count / mixture(1)) {
        push @waiting, mixture($n % 200 + 1);
        next if @waiting < $BATCH;
        $bad += grep { $_->{status} !~ /\A[234]/ }
            $instance->parallel(splice @waiting);
    }
    return $bad;
}

# Of the worker, in KB: Rss, Pss...
sub memory {
    my ($pid) = $instance->worker_pids;
    my $text = Setlink::Instance::slurp("/proc/$pid/smaps_rollup");
    return { $text =~ /^(\w+):\s+(\d+) kB$/mg };
}

if (Setlink::Instance::is_sanitized()) {
    is(send_requests(2_000), 0, 'all of 2,000 requests are answered');
} else {
    my @pids = $instance->worker_pids;
    is(send_requests(1_000), 0, 'all of 1,000 requests are answered');
    my $before = memory();
    is(send_requests(9_000), 0, 'and all of 9,000 more');
    my $after = memory();
    is_deeply([$instance->worker_pids], \@pids, 'by the same worker');
    note("$_: $before->{$_} KB, then $after->{$_} KB") for qw(Pss Rss);
    ok($after->{Pss} < $MOST, 'it has less than 8 MB')
        or diag("$after->{Pss} KB");
    # Pss changes too when somebody else begins to use the same libraries. Rss
    # does not.
    ok($after->{Rss} <= $before->{Rss} * $NOISE, 'and no more than before')
        or diag("$before->{Rss} KB, then $after->{Rss} KB");
}

$instance->stop;
$instance->is_clean;
done_testing;
