#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# A hundred nights of forty DJs on a database of their own: nights.pl
# [NIGHTS [DJS]]. SETLINK_BUILD is the build folder.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../t/lib";
use Setlink::Command qw(program run_program setlink);
use Setlink::Database;

my $nights = $ARGV[0] // 100;
my $djs = $ARGV[1] // 40;
my %settings = Setlink::Database->start->create;
my ($status, undef, $error) = setlink(\%settings, 'migrate');
die $error if $status != 0;
($status, my $out, $error) = run_program(program('bench/nights'), \%settings,
    $nights, $djs);
die $error if $status != 0;

my %us = map { /\A(\S.*?) +(\d+) +([\d.]+)\z/ ? ($1 => $3) : () }
    split /\n/, $out;
my $least = $us{'smallest transaction'};
printf "%d nights of %d DJs\n%-28s %8s %10s %8s\n", $nights, $djs, '', 'times',
    'us each', 'ratio';
for (split /\n/, $out) {
    my ($us) = /([\d.]+)\z/;
    printf "%s %8.1f\n", $_, $us / $least;
}
printf "growth: %.2f (last ten nights to first ten)\n",
    $us{'draw of the last ten nights'} / $us{'draw of the first ten nights'};
