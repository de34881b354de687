# SPDX-License-Identifier: MIT
# Audio whose pitch tells the time: what is heard in a second is of a frequency
# that is its own among a hundred, so that each piece of a file shows when it
# was recorded.
package Setlink::Pitch;

use strict;
use warnings;

use Exporter 'import';
use List::Util qw(min);
use POSIX qw(floor);
use Setlink::Process qw(scratch);

our @EXPORT_OK = qw(pitch_audio pitch_files heard_at);

my $RATE = 48_000;
my $COUNT = 100;
my $count = 0;

# All frequencies are multiples of this one, so that a second is made of equal
# pieces.
my $STEP = 20;
my $PIECE = $RATE / $STEP;

sub frequency { return 300 + $STEP * ($_[0] % $COUNT) }

my %second;

# Stereo, 16 bits.
sub second_of {
    my ($number) = @_;
    my $hertz = frequency($number);
    return $second{$hertz} //= pack('s<*', map {
        my $sample = floor(12_000 * sin(2 * 3.14159265358979 * $hertz * $_
            / $RATE)); ($sample, $sample) } 0 .. $PIECE - 1) x $STEP;
}

# What was recorded from a time on for so many seconds, and then silence: the
# content of data.raw.
sub pitch_audio {
    my ($from, $heard, $stored) = @_;
    my $first = floor($from);
    my $audio = join '', map { second_of($first + $_) } 0 .. $heard + 1;
    my $skip = 4 * floor(($from - $first) * $RATE + 0.5);
    $audio = substr $audio, $skip, 4 * floor($heard * $RATE + 0.5);
    return $audio . "\0" x (floor($stored * $RATE + 0.5) * 4 - length $audio);
}

sub run {
    my (@command) = @_;
    system(@command) == 0 or die "@command failed: $?\n";
    return;
}

sub read_file {
    my ($path) = @_;
    open my $file, '<:raw', $path or die "$path: $!\n";
    local $/;
    return scalar <$file>;
}

sub write_file {
    my ($path, $content) = @_;
    open my $file, '>:raw', $path or die "$path: $!\n";
    print {$file} $content;
    close $file or die "$path: $!\n";
    return;
}

my @RAW = qw(-t raw -e signed -b 16 -L -r 48000);

# The files that are made of it, by the names of their keys.
sub pitch_files {
    my ($audio, $heard) = @_;
    my $base = scratch() . '/pitch' . $count++;
    write_file("$base.raw", $audio);
    run('sox', '-V1', @RAW, '-c', 2, "$base.raw", $_) for "$base.ogg",
        "$base.flac";
    my $pairs = floor(length($audio) / 4 / 256);
    my $loud = min($pairs, floor($heard * $RATE / 256));
    return (
        'data.raw'     => $audio,
        'data.ogg'     => read_file("$base.ogg"),
        'data.flac'    => read_file("$base.flac"),
        'waveform.dat' => pack('l<L<l<l<L<', 1, 1, $RATE, 256, $pairs)
            . "\x80\x7f" x $loud . "\0\0" x ($pairs - $loud),
    );
}

# The samples of one channel of a file that was downloaded.
sub decode {
    my ($format, $content) = @_;
    my $base = scratch() . '/pitch' . $count++;
    write_file("$base.$format", $content);
    run('sox', '-V1', "$base.$format", @RAW, '-c', 1, "$base.raw");
    return read_file("$base.raw");
}

# Which second, of a hundred, is heard around places in a file; undef for
# silence, or what is none.
sub heard_at {
    my ($format, $content, @places) = @_;
    my $audio = decode($format, $content);
    my @heard;
    for my $place (@places) {
        my $first = floor(($place - 0.2) * $RATE);
        my @samples = $first < 0 || $first * 2 > length $audio ? ()
            : unpack 's<*', substr $audio, $first * 2, 0.4 * $RATE * 2;
        my $rises = grep { $samples[$_ - 1] < 0 && $samples[$_] >= 0 }
            1 .. $#samples;
        my $second = ($rises / 0.4 - 300) / $STEP;
        push @heard, $second < -0.3 ? undef : floor($second + 0.5) % $COUNT;
    }
    return @heard;
}

1;
