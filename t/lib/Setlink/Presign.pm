# SPDX-License-Identifier: MIT
# Presigned URLs made by setlink's own signer, through t/unit/presign-lines.
package Setlink::Presign;

use strict;
use warnings;

use Exporter 'import';
use File::Temp;

our @EXPORT_OK = qw(unit_program presign_line presign presign_all);

# The path of a helper program that the build made.
sub unit_program {
    my ($name) = @_;
    for my $top (grep { defined } $ENV{SETLINK_BUILD}, 'build', '.') {
        my $path = "$top/t/unit/$name";
        return $path if -x $path;
    }
    die "t/unit/$name is not built: run make check, or set SETLINK_BUILD"
        . " to the build folder\n";
}

sub hex_field {
    my ($text) = @_;
    return length $text ? unpack('H*', $text) : '-';
}

# A line for presign-lines. Everything has a default but `key`: method, style,
# tls, shown, shown_prefix, sign, sign_prefix, bucket, region, access_key,
# secret_key, now, expires, params (an array: name, value, name, value...).
sub presign_line {
    my (%case) = @_;
    my %full = (
        method       => 'GET',
        style        => 'path',
        tls          => 0,
        shown_prefix => '',
        sign         => $case{shown},
        sign_prefix  => '',
        region       => 'us-east-1',
        now          => time,
        expires      => 3600,
        params       => [],
        %case
    );
    return join(' ',
        @full{qw(method style tls)},
        (map { hex_field($_) } @full{
            qw(shown shown_prefix sign sign_prefix bucket key region
                access_key secret_key)
        }),
        @full{qw(now expires)},
        map { hex_field($_) } @{ $full{params} })
        . "\n";
}

# What `command` prints for the lines on its stdin, as lines.
sub presign_all {
    my ($command, @lines) = @_;
    my $in = File::Temp->new;
    print {$in} @lines;
    $in->flush;
    open(my $out, '-|', 'sh', '-c', 'in=$1; shift; exec "$@" <"$in"', 'sh',
        $in->filename, @$command)
        or die "sh: $!\n";
    chomp(my @urls = <$out>);
    close $out or die "@$command failed: status $?\n";
    die "@$command: " . @urls . ' URLs for ' . @lines . " lines\n"
        if @urls != @lines;
    return @urls;
}

# One URL.
sub presign {
    my (%case) = @_;
    return (presign_all([unit_program('presign-lines')],
            presign_line(%case)))[0];
}

1;
