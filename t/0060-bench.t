#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# The measures of bench/ can be taken: what is seldom run breaks unseen.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

my $bench = "$FindBin::Bin/../bench";

for my $script (sort glob "$bench/*.pl") {
    my $said = qx{$^X -c -I$FindBin::Bin/lib -I$bench $script 2>&1};
    is($?, 0, "$script compiles") or diag($said);
}

my $table = qx{$^X $bench/nights.pl 2 3};
is($?, 0, 'two nights of three DJs are played');
like($table, qr/^draw of the last ten nights +6 /m, 'with a draw for each');
like($table, qr/^growth: [\d.]+ /m, 'and compared');

done_testing();
