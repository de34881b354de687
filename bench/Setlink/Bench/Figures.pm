# SPDX-License-Identifier: MIT
# Figures of several rounds, and how they are shown.
package Setlink::Bench::Figures;

use strict;
use warnings;
use utf8;

use Exporter 'import';

our @EXPORT_OK = qw(median spread table_row reach cpu_of
    children_of pss_of);

sub median {
    my @sorted = sort { $a <=> $b } @_;
    return $sorted[$#sorted / 2];
}

# The median and what lies around it: "52 (50–57)".
sub spread {
    my ($format, @values) = @_;
    my @sorted = sort { $a <=> $b } @values;
    return sprintf "$format ($format\x{2013}$format)", median(@sorted),
        @sorted[0, -1];
}

# A line of what is to be reached: a value that is to be at most (≤) or at least
# (≥) something.
sub reach {
    my ($what, $order, $limit, $value) = @_;
    my $is = $order eq '≤' ? $value <= $limit : $value >= $limit;
    return table_row($what, "$order $limit", sprintf('%.2f', $value),
        $is ? 'reached' : 'missed');
}

sub table_row { return '| ' . join(' | ', @_) . " |\n" }

# Microseconds that all threads of these processes have run for. (A thread that
# has ended is no more counted; servers keep theirs.)
sub cpu_of {
    my $sum = 0;
    for my $path (map { glob "/proc/$_/task/*/schedstat" } @_) {
        open my $file, '<', $path or next;
        my ($nanoseconds) = split / /, scalar(<$file>) // '';
        $sum += ($nanoseconds // 0) / 1000;
    }
    return $sum;
}

sub children_of {
    my ($pid) = @_;
    open my $file, '<', "/proc/$pid/task/$pid/children" or return;
    return split / /, scalar(<$file>) // '';
}

# Kilobytes of a process, with its share of what it shares.
sub pss_of {
    my ($pid) = @_;
    open my $file, '<', "/proc/$pid/smaps_rollup" or return 0;
    my ($kilobytes) = join('', <$file>) =~ /^Pss:\s+(\d+)/m;
    return $kilobytes;
}

1;
