# SPDX-License-Identifier: MIT
# A node that is there, but not with the others: cut off from them, stopped by
# the kernel, busy with giving its data to another one.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Setlink::ClusterNight;
use Test::More;

my $night = Setlink::ClusterNight->start;
my $cluster = $night->cluster;

subtest 'cut off' => sub {
    $night->under_load('a node cut off for 15 s', during => sub {
        $cluster->isolate(0, 1);
        $_[0]->run_for(15);
        $cluster->isolate(0, 0);
    });
};

subtest 'frozen' => sub {
    $night->under_load('a node frozen for 20 s', after => 10, during => sub {
        $cluster->freeze(1);
        $_[0]->run_for(20);
        $cluster->thaw(1);
    });
};

subtest 'desynced' => sub {
    $night->under_load('a node desynced for 5 s', during => sub {
        $cluster->desync(2, 'ON');
        $_[0]->run_for(5);
        $cluster->desync(2, 'OFF');
    });
};

done_testing;
