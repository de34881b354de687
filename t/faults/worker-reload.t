# SPDX-License-Identifier: MIT
# Workers get SIGHUP, again and again, while clients are served: settings that
# are right and settings that are wrong, and a log that is moved away. Nobody is
# refused.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Setlink::Instance;
use Setlink::Load;
use Setlink::Process qw(scratch);
use Test::More;
use Time::HiRes qw(sleep);

my $ROUNDS = ($ENV{SETLINK_FAULT_SECONDS} // 5) * 2;

my $log = scratch() . '/setlink.log';
my $instance = Setlink::Instance->start(workers => 4,
    settings => { SETLINK_LOG_FILE => $log });

sub logged {
    my ($line) = @_;
    return scalar(() = join('', map { Setlink::Instance::slurp($_) }
            glob "$log*") =~ /$line/g);
}

# Tell all workers, and wait until each has logged it.
sub tell_workers {
    my ($line) = @_;
    my @pids = $instance->worker_pids;
    my $want = logged($line) + @pids;
    kill 'HUP', @pids;
    for (1 .. 1_000) {
        return if logged($line) >= $want;
        sleep 0.02;
    }
    die "not all workers have logged $line\n";
}

# Which settings hold, in each of many answers.
sub origins {
    my ($origin) = @_;
    my %seen = map { $_->{headers}{'access-control-allow-origin'} // '' => 1 }
        $instance->parallel((['GET', '/health', undef, origin => $origin]) x 40);
    return join ' ', sort keys %seen;
}

my @pids = $instance->worker_pids;
my $load = Setlink::Load->start(port => [$instance->port]);
$load->run_for(1)->fault_begins;
my (@wrong, $hups);
for my $round (1 .. $ROUNDS) {
    my $origin = "https://round-$round.example";
    rename $log, "$log.$round" or die "$log: $!\n" if $round % 2;
    $instance->change_settings(SETLINK_CORS_ORIGINS => $origin);
    tell_workers('event=reload');
    my $seen = origins($origin);
    push @wrong, "round $round: $seen" if $seen ne $origin;
    $instance->change_settings(SETLINK_LOG => 'error',
        SETLINK_CORS_ORIGINS => 'nonsense');
    tell_workers('event=bad_setting kept=old SETLINK_CORS_ORIGINS');
    $seen = origins($origin);
    push @wrong, "round $round: $seen, after wrong settings" if $seen ne $origin;
    $hups += 8;
}
$load->fault_over->run_for(1);
my $result = $load->stop;
$load->check_nothing_lost(sub { $instance->query($_[0]) });
$load->report("$hups times SIGHUP to a worker, half with wrong settings");
is($result->{refused}, 0, 'nobody is refused');
is_deeply(\@wrong, [], 'all workers have the settings, and never wrong ones');
is_deeply([$instance->worker_pids], \@pids, 'and are the same processes');
# Some are ours, from `origins`.
cmp_ok(logged('event=request'), '>=', $result->{requests},
    'each request has its line in one of the logs');
is(logged('event=log_dropped'), 0, 'no line was dropped');
$instance->stop;
$instance->is_clean;
done_testing;
