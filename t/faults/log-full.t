# SPDX-License-Identifier: MIT
# The disk of the log is full while clients are served: lines are lost, and
# counted, but no request is refused. As root also on a real disk that is full.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Setlink::Instance;
use Setlink::Load;
use Setlink::Process qw(scratch);
use Test::More;
use Time::HiRes qw(sleep);

my $SECONDS = ($ENV{SETLINK_FAULT_SECONDS} // 6) / 3;

# In the sandbox a log stays in the folder that it began in.
my $instance = Setlink::Instance->start(workers => 4,
    settings => { SETLINK_SANDBOX => 'off' });
my $log = scratch() . '/setlink.log';
my $disk;

sub log_to {
    my ($path) = @_;
    $instance->change_settings(SETLINK_LOG_FILE => $path);
    kill 'HUP', $instance->worker_pids;
    sleep 0.5;
    return;
}

sub dropped {
    my ($path) = @_;
    my $sum = 0;
    $sum += $_ for Setlink::Instance::slurp($path)
        =~ /event=log_dropped lines=(\d+)/g;
    return $sum;
}

sub limit_file {
    my ($size) = @_;
    for my $pid ($instance->worker_pids) {
        system('prlimit', '--pid', $pid, "--fsize=$size:") == 0
            or die "prlimit: $?\n";
    }
    return;
}

# A small disk that is full: its path, or nothing where none can be mounted.
sub full_disk {
    my $path = scratch() . '/disk';
    mkdir $path or die "$path: $!\n";
    return if $> != 0
        || system("mount -t tmpfs -o size=64k none $path 2>/dev/null") != 0;
    open my $file, '>', "$path/filler" or die "$path: $!\n";
    1 while syswrite $file, 'x' x 4096;
    close $file;
    return $path;
}

END {
    my $status = $?;
    system 'umount', '-l', $disk if $disk;
    $? = $status;    ## no critic: umount has changed it
}

log_to($log);
my @pids = sort $instance->worker_pids;
my $load = Setlink::Load->start(port => [$instance->port]);
$load->run_for(1)->fault_begins;
limit_file(-s $log);
$load->run_for($SECONDS);
limit_file('unlimited');
$load->run_for(1);
cmp_ok(dropped($log), '>', 0, 'the log tells how many lines are missing');
log_to('/dev/full');
$load->run_for($SECONDS);
my $lost = dropped($log);
SKIP: {
    $disk = full_disk() or skip 'no disk can be mounted', 1;
    log_to("$disk/log");
    $load->run_for($SECONDS);
    is(-s "$disk/log", 0, 'on a disk that is full the log stays empty');
}
log_to($log);
cmp_ok(dropped($log), '>', $lost, 'these lines are counted, too');
$load->fault_over->run_for(1);
my $result = $load->stop;
$load->check_nothing_lost(sub { $instance->query($_[0]) });
$load->report('no room for the log');
is($result->{refused}, 0, 'nobody is refused');
is_deeply([sort $instance->worker_pids], \@pids, 'no worker has ended');
$instance->request('GET', '/health', undef, 'x-request-id' => 'the-last');
like(Setlink::Instance::slurp($log), qr/event=request req=the-last .*\n\z/,
    'the log goes on');
unlike(Setlink::Instance::slurp($log), qr/^(?!time=)./m,
    'and each line has its beginning');
$instance->stop;
$instance->is_clean;
done_testing;
