# SPDX-License-Identifier: MIT
# Workers are killed outright, one a second, while clients are served. Whoever
# watches the workers starts new ones; nothing that was acknowledged is lost.
# SETLINK_FAULT_SECONDS says for how long, behind both web servers together.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Setlink::Instance;
use Setlink::Load;
use Test::More;
use Time::HiRes qw(sleep);

my $SECONDS = $ENV{SETLINK_FAULT_SECONDS} // 20;

# Kill one now and then; returns how many.
sub kill_workers {
    my ($instance, $seconds) = @_;
    my $killed = 0;
    for (1 .. $seconds) {
        my @pids = $instance->worker_pids;
        $killed += kill 'KILL', $pids[rand @pids] if @pids;
        sleep 1;
    }
    return $killed;
}

sub is_back {
    my ($instance, $workers) = @_;
    for (1 .. 100) {
        last if $instance->worker_pids == $workers;
        sleep 0.1;
    }
    is(scalar $instance->worker_pids, $workers, 'all workers are there again');
    my @answers = $instance->parallel((['GET', '/api/lottery/queue']) x 20);
    is(scalar(grep { $_->{status} != 200 } @answers), 0,
        'the next requests are answered');
    return;
}

for my $server (qw(nginx lighttpd)) {
    subtest $server => sub {
        my $instance = Setlink::Instance->start(
            workers => 4, server => $server);
        my $load = Setlink::Load->start(port => [$instance->port]);
        $load->run_for(1)->fault_begins;
        my $killed = kill_workers($instance, $SECONDS / 2);
        $load->fault_over->run_for(2);
        my $result = $load->stop;
        $load->allow_500_of_lighttpd if $server eq 'lighttpd';
        $load->check_nothing_lost(sub { $instance->query($_[0]) });
        $load->report("$killed workers killed, one a second ($server)");
        is($killed, int $SECONDS / 2, 'one was killed each second');
        cmp_ok($result->{served_in_fault}, '>', 0, 'others went on');
        is_deeply([grep { !/\A(?:0|50[023])\z/ } keys %{ $result->{by} }], [],
            'what was refused is told as such');
        is_back($instance, 4);
        $instance->stop;
        $instance->is_clean;
    };
}

done_testing;
