# SPDX-License-Identifier: MIT
# MariaDB is started again, killed, and hangs, while clients use setlink.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Setlink::DatabaseFault qw(under_load start_server wait_for_end);
use Setlink::Instance;
use Test::More;

my $instance = Setlink::Instance->start(workers => 4,
    settings => { SETLINK_DB_TIMEOUT => 2 });
my @workers = sort $instance->worker_pids;

for my $signal (qw(TERM KILL)) {
    subtest "SIG$signal" => sub {
        under_load($instance, "MariaDB: SIG$signal, down for 3 s", sub {
            my $pid = $instance->pid('mariadb');
            kill $signal, $pid;
            wait_for_end($pid);
            sleep 3;
            start_server($instance);
        });
    };
}

subtest 'SIGSTOP' => sub {
    my $result = under_load($instance, 'MariaDB: hangs for 8 s', sub {
        kill 'STOP', $instance->pid('mariadb');
        sleep 8;
        kill 'CONT', $instance->pid('mariadb');
    });
    cmp_ok($result->{by}{503} // 0, '>', 0, 'requests were refused');
};

is_deeply([sort $instance->worker_pids], \@workers, 'no worker has ended');
$instance->is_clean;
done_testing;
