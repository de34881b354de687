# SPDX-License-Identifier: MIT
# The HTTP tests, which are the same for all web servers.
package Setlink::HttpSuite;

use strict;
use warnings;

use Setlink::Instance;
use Test::More;

my @GROUPS = @ARGV ? @ARGV : qw(Protocol Djs Requests Sessions Event Queue
    Admin Metrics Csv Links Downloads Recordings Events Parameters Malformed
    Attacks Outage);

sub run {
    my ($class, $server) = @_;
    binmode $_, ':encoding(UTF-8)' for Test::More->builder->output,
        Test::More->builder->failure_output;
    my $instance = Setlink::Instance->start(server => $server, settings => {
        SETLINK_CORS_ORIGINS => 'https://club.example https://a.example:8443',
        SESSION_RECORDER_SYNC_INTERVAL => 3600,
    });
    for my $group (@GROUPS) {
        my $package = "Setlink::HttpSuite::$group";
        eval "require $package" or die $@;
        subtest $group => sub { $package->can('tests')->($instance) };
    }
    $instance->stop;
    $instance->is_clean;
    done_testing;
    return;
}

1;
