# SPDX-License-Identifier: MIT
# Workers run out of file descriptors while clients are served: first they
# cannot reach the database, then they cannot even take a request. Clients are
# told to come again, or wait; no worker ends, and all is well once there are
# descriptors again.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Setlink::Instance;
use Setlink::Load;
use Setlink::Shape qw(is_problem);
use Test::More;
use Time::HiRes qw(sleep);

my $SECONDS = ($ENV{SETLINK_FAULT_SECONDS} // 6) / 2;

my $instance = Setlink::Instance->start(workers => 4);

# The number that the connection of a request gets; the one to the database,
# which a worker opens when it has a request, has a higher one.
sub first_free {
    my ($pid) = @_;
    my $number = 0;
    $number++ while -e "/proc/$pid/fd/$number" || -l "/proc/$pid/fd/$number";
    return $number;
}

sub limit {
    my ($descriptors) = @_;
    for my $pid ($instance->worker_pids) {
        system('prlimit', '--pid', $pid, "--nofile=$descriptors:") == 0
            or die "prlimit: $?\n";
    }
    return;
}

sub served {
    return grep { $_->{status} == 200 } $instance->parallel(
        (['GET', '/api/lottery/queue']) x 20);
}

is(scalar served(), 20, 'all workers have a connection to the database');
my @pids = sort $instance->worker_pids;
sleep 0.5;
my $free = first_free($pids[0]);
my ($soft) = Setlink::Instance::slurp("/proc/$pids[0]/limits")
    =~ /^Max open files +(\d+)/m;
$instance->mark;
my $load = Setlink::Load->start(port => [$instance->port]);
$load->run_for(1)->fault_begins;
limit($free + 1);
kill 'HUP', @pids;    # drops the connection to the database
$load->run_for($SECONDS);
my $answer = $instance->request('GET', '/api/djs');
is_problem($answer, 503, qr/database/, 'without the database it is 503');
is($answer->{headers}{'retry-after'}, 5, 'and to be tried again');
is($instance->request('GET', '/health')->{status}, 200, 'the rest goes on');
limit($free);
kill 'HUP', @pids;
$load->run_for($SECONDS);
limit($soft);
$load->fault_over->run_for(2);
my $result = $load->stop;
$load->check_nothing_lost(sub { $instance->query($_[0]) });
$load->report('no file descriptors for the database, then none at all');
is_deeply([keys %{ $result->{by} }], [503], 'all that was refused is 503');
cmp_ok($result->{recovery}, '<', 5, 'then nobody is refused');
is_deeply([sort $instance->worker_pids], \@pids, 'no worker has ended');
is(scalar served(), 20, 'and all of them work');
my $log = $instance->since_mark;
like($log, qr/event=no_accept error="Too many open files"/,
    'the log names the reason');
like($log, qr/event=bad_setting kept=old settings file/,
    'settings that cannot be read stay as they are');
$instance->stop;
$instance->is_clean;
done_testing;
