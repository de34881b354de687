# SPDX-License-Identifier: MIT
# Recordings as the recorder stores them, made up for tests.
package Setlink::Recordings;

use strict;
use warnings;

use Exporter 'import';
use JSON::PP ();
use POSIX qw(floor);
use Setlink::Http qw(write_json);
use Time::Local qw(timegm);

our @EXPORT_OK = qw(recording_objects recording_prefix rfc3339 seconds_of
    uuid_of);

my $ZERO_TIME = '0001-01-01T00:00:00Z';

# Files that a closed recording has, and what is in them unless the test says.
my %FILES = (
    ogg      => 'data.ogg',
    flac     => 'data.flac',
    waveform => 'waveform.dat',
    overview => 'overview.png',
);

# A UUID that is easy to tell from others.
sub uuid_of {
    my ($kind, $number) = @_;
    return sprintf '%08x-0000-4000-8000-%012x', $kind, $number;
}

# Seconds since 1970, with a fraction, as the contract writes times.
sub rfc3339 {
    my ($seconds) = @_;
    my $whole = floor($seconds);
    my $text = POSIX::strftime('%Y-%m-%dT%H:%M:%S', gmtime $whole);
    my $usec = floor(($seconds - $whole) * 1e6 + 0.5);
    return $text . ($usec ? sprintf('.%06d', $usec) : '') . 'Z';
}

# And back.
sub seconds_of {
    my ($text) = @_;
    my ($year, $month, @rest) = $text =~
        /\A(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?Z\z/
        or die "no time: $text\n";
    my $fraction = pop @rest;
    return timegm(reverse(@rest), $month - 1, $year) + ($fraction // 0);
}

sub recording_prefix {
    my ($r) = @_;
    return "$r->{recorder}/sessions/$r->{id}";
}

sub metadata {
    my ($r) = @_;
    my $open = !defined $r->{end};
    return write_json({
        id          => $r->{id},
        recorder_id => $r->{recorder},
        name        => $r->{name} // '',
        start_time  => rfc3339($r->{start}),
        end_time    => $open ? $ZERO_TIME : rfc3339($r->{end}),
        duration    => $open ? 0 : int($r->{end} - $r->{start}) * 1_000_000_000,
        is_closed   => $open ? JSON::PP::false() : JSON::PP::true(),
        keep        => $r->{keep} ? JSON::PP::true() : JSON::PP::false(),
        segments    => {},
    });
}

# The objects of a recording, as keys and contents: `recorder`, `id`, `start`
# and, when it is closed, `end` in seconds; `files`, those that are there (a
# closed one has all); `content`, what is in them by name; `chunks`. Without
# `start` there is no metadata.
sub recording_objects {
    my ($r) = @_;
    my $prefix = recording_prefix($r);
    my @files = @{ $r->{files} // (defined $r->{end} ? [keys %FILES] : []) };
    return (
        (defined $r->{start} ? ("$prefix/metadata.json" => metadata($r)) : ()),
        (map { ("$prefix/$FILES{$_}" => $r->{content}{$_}
                // "$_ of $r->{id}") } @files),
        (map { (sprintf("%s/chunks/%016d", $prefix, $_) => 'chunk') }
            0 .. ($r->{chunks} // 0) - 1),
    );
}

1;
