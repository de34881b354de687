# SPDX-License-Identifier: MIT
# A cluster loses a node: killed, or ended in good order; and gets it back.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Setlink::ClusterNight;
use Test::More;

my $night = Setlink::ClusterNight->start;
my $cluster = $night->cluster;

subtest 'killed' => sub {
    $night->under_load('a node killed, back after 10 s', during => sub {
        $cluster->kill_node(1);
        $_[0]->run_for(10);
        $cluster->bring_back(1);
    });
};

subtest 'shut down' => sub {
    $night->under_load('a node shut down, back after 10 s', during => sub {
        $cluster->shut_down(2);
        $_[0]->run_for(10);
        $cluster->bring_back(2);
    });
};

done_testing;
