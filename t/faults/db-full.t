# SPDX-License-Identifier: MIT
# The disk of MariaDB is full: a small file system, so only root can test it.
# InnoDB refuses what does not fit; but where a rollback needs a page and the
# disk has none, it ends the server ("Out of disk space in rollback"). A service
# manager starts it again then, and so does this test.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Setlink::DatabaseFault qw(under_load is_refused_by start_server
    wait_for_end);
use Setlink::Instance;
use Test::More;
use Time::HiRes qw(sleep);

plan skip_all => 'only root can mount' if $> != 0;

my $SECONDS = 6;

my $instance = Setlink::Instance->start(workers => 4,
    settings => { SETLINK_DB_TIMEOUT => 2 });
my $data = "$instance->{dir}/state/mariadb";
my $test = $$;
my $mounted;

sub run { return system(@_) == 0 || die "@_: $?\n" }

sub stop_server {
    my $pid = $instance->pid('mariadb');
    kill 'TERM', $pid;
    return wait_for_end($pid);
}

# Move the data to a file system with little room.
sub move_data {
    stop_server();
    my ($used) = `du -sm $data` =~ /^(\d+)/;
    rename $data, "$data.moved" or die "$data: $!\n";
    mkdir $data or die "$data: $!\n";
    my $size = $used + 48;
    return 0 if system("mount -t tmpfs -o size=${size}M none $data") != 0;
    $mounted = 1;
    run("cp -a $data.moved/. $data/");
    start_server($instance);
    return 1;
}

# It may be writing down why it ends, so it is asked until it answers.
sub start_server_that_ended {
    for (1 .. 40) {
        return if eval { $instance->query('SELECT 1') };
        sleep 0.5;
        eval { start_server($instance); 1 } or diag($@);
    }
    die "MariaDB does not start\n";
}

END {
    my $status = $?;
    if ($mounted && $$ == $test) {
        eval { $instance->stop; 1 } or diag($@);
        system("umount $data");
    }
    $? = $status;    ## no critic: commands have changed it
}

SKIP: {
    skip 'nothing can be mounted here', 1 if !move_data();
    my $result = under_load($instance, "MariaDB: disk full for $SECONDS s",
        sub {
            system("dd if=/dev/zero of=$data/filler bs=64k >/dev/null 2>&1");
            sleep $SECONDS;
            unlink "$data/filler" or die "filler: $!\n";
            start_server_that_ended();
        });
    is_refused_by($instance, $result, 1021, 1026, 1030, 1114, 2002, 2013);
}
$instance->is_clean;
done_testing;
