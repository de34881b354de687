# SPDX-License-Identifier: MIT
# The web server reads its configuration again, twice a second, while clients
# are served. Nobody is refused.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Setlink::Instance;
use Setlink::Load;
use Test::More;
use Time::HiRes qw(sleep);

my $SECONDS = $ENV{SETLINK_FAULT_SECONDS} // 10;

my %SIGNALS = (nginx => 'HUP', lighttpd => 'USR1');

sub children {
    my ($instance) = @_;
    my $pid = $instance->pid('web');
    return split / /, Setlink::Instance::slurp("/proc/$pid/task/$pid/children");
}

sub reload_often {
    my ($instance, $signal, $times) = @_;
    for (1 .. $times) {
        kill $signal, $instance->pid('web') or die "no web server: $!\n";
        sleep 0.5;
    }
    return;
}

for my $server (sort keys %SIGNALS) {
    subtest $server => sub {
        my $instance = Setlink::Instance->start(
            workers => 4, server => $server);
        my $load = Setlink::Load->start(port => [$instance->port]);
        my $times = $SECONDS;
        my %before = map { $_ => 1 } children($instance);
        $load->run_for(1)->fault_begins;
        reload_often($instance, $SIGNALS{$server}, $times);
        $load->fault_over->run_for(1);
        my $result = $load->stop;
        $load->check_nothing_lost(sub { $instance->query($_[0]) });
        $load->report("$times reloads of $server, one each half second");
        is(scalar(grep { $before{$_} } children($instance)), 0,
            'all processes of it are others');
        is($result->{refused}, 0, 'nobody is refused');
        cmp_ok($result->{served_in_fault}, '>', 0, 'clients were served');
        is($instance->request('GET', '/api/djs')->{status}, 200,
            'and are afterwards');
        $instance->stop;
        $instance->is_clean;
    };
}

done_testing;
