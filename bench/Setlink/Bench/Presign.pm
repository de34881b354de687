# SPDX-License-Identifier: MIT
# One presigned URL, by setlink and by the libraries that others use.
package Setlink::Bench::Presign;

use strict;
use warnings;
use utf8;

use FindBin;
use Setlink::Bench::Figures qw(median spread table_row reach);
use Setlink::Command qw(program);

# Name, the least ratio to setlink, count, command.
sub contestants {
    my $peers = "$FindBin::Bin/peers";
    return (
        ['setlink', undef, 300_000, program('bench/presign')],
        ['rusty-s3', 5, 60_000, "$ENV{SETLINK_PEERS}/rust/release/peer-rust"],
        ['minio-go', 15, 20_000, "$ENV{SETLINK_PEERS}/peer-go"],
        ['boto3', 150, 1_000, '/usr/bin/python3', "$peers/python/presign.py"],
    );
}

sub microseconds {
    my (@command) = @_;
    open my $out, '-|', @command or die "$command[0]: $!\n";
    my ($value) = (<$out> // '') =~ /\A([\d.]+)\n\z/
        or die "@command: no figure\n";
    close $out or die "@command failed\n";
    return $value;
}

# A table and what is to be reached, of URLs of one kind.
sub measure {
    my ($title, $rounds, @kind) = @_;
    my %figures;
    for my $round (1 .. $rounds) {
        for my $one (contestants()) {
            my ($name, undef, $count, @command) = @$one;
            push @{ $figures{$name} },
                microseconds(@command, $count, @kind);
        }
    }
    my $own = median(@{ $figures{setlink} });
    my $text = table_row($title, 'µs', 'ratio to setlink')
        . table_row(('---') x 3);
    my $reaches = table_row('reach', 'to be', 'is', '')
        . table_row(('---') x 4) . reach('presign, µs', '≤', 0.9, $own);
    for my $one (contestants()) {
        my ($name, $least) = @$one;
        my $ratio = median(@{ $figures{$name} }) / $own;
        $text .= table_row($name, spread('%.2f', @{ $figures{$name} }),
            sprintf '%.1f', $ratio);
        $reaches .= reach("$name to setlink", '≥', $least, $ratio)
            if defined $least;
    }
    return "$text\n$reaches\n";
}

sub run {
    my ($class, %option) = @_;
    return measure('presign, plain', $option{rounds}, 'plain')
        . measure('presign, with type and file name', $option{rounds});
}

1;
