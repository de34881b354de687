# SPDX-License-Identifier: MIT
# Connections to MariaDB are cut, again and again, in the middle of whatever they
# are doing.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Setlink::DatabaseFault qw(under_load cut_connections);
use Setlink::Instance;
use Test::More;
use Time::HiRes qw(sleep time);

my $SECONDS = 10;

my $instance = Setlink::Instance->start(workers => 4,
    settings => { SETLINK_DB_TIMEOUT => 2 });
my @workers = sort $instance->worker_pids;

my $cuts = 0;
under_load($instance, "MariaDB: connections cut for $SECONDS s", sub {
    my $end = time + $SECONDS;
    my $by = $instance->{database}->connect('setlink');
    while (time < $end) {
        cut_connections($by);
        $cuts++;
        sleep 0.02;
    }
    $by->disconnect;
});
note("cut $cuts times");
is_deeply([sort $instance->worker_pids], \@workers, 'no worker has ended');
$instance->is_clean;
done_testing;
