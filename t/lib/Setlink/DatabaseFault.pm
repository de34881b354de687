# SPDX-License-Identifier: MIT
# Faults of the database of an instance, under load.
package Setlink::DatabaseFault;

use strict;
use warnings;

use Exporter 'import';
use Setlink::Load;
use Test::More;
use Time::HiRes qw(sleep);

our @EXPORT_OK = qw(under_load cut_connections is_refused_by start_server
    wait_for_end);

my $SECONDS = 3;    # before

# Run `fault` under load, and test what must hold whatever it was: a worker
# takes no more than three times SETLINK_DB_TIMEOUT, and clients are served again
# when it is over. Returns the result of the load.
sub under_load {
    my ($instance, $name, $fault) = @_;
    my $timeout = $instance->env('SETLINK_DB_TIMEOUT');
    $instance->mark;
    my $load = Setlink::Load->start(port => [$instance->port]);
    $load->run_for($SECONDS)->fault_begins;
    $fault->();
    $load->fault_over->run_for(2 * $timeout + 1);
    my $result = $load->stop;
    $load->check_nothing_lost(sub { $instance->query($_[0]) });
    $load->report($name);
    cmp_ok($result->{recovery}, '<', 2 * $timeout,
        'the workers go on by themselves');
    my $longest = 0;
    for ($instance->since_mark =~ /event=request .* us=(\d+)/g) {
        $longest = $_ if $_ > $longest;
    }
    cmp_ok($longest / 1_000_000, '<', 3 * $timeout + 1,
        'no worker took longer than the setting allows');
    return $result;
}

# All connections of workers. `by` is a connection, or the instance.
sub cut_connections {
    my ($by) = @_;
    $by->query('KILL HARD CONNECTION USER setlink');
    return;
}

# Test that requests were refused, and that the log has the number of the error.
sub is_refused_by {
    my ($instance, $result, @numbers) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    cmp_ok($result->{by}{503} // 0, '>', 0, 'requests were refused');
    my $numbers = join '|', @numbers;
    like($instance->since_mark,
        qr/event=database error=unavailable number=(?:$numbers) reason=/,
        'the log says why');
    return;
}

sub wait_for_end {
    my ($pid) = @_;
    sleep 0.05 while kill 0, $pid;
    return;
}

# Start the server of an instance again.
sub start_server {
    my ($instance) = @_;
    $instance->configure($instance->{settings});
    return;
}

1;
