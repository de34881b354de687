# SPDX-License-Identifier: MIT
# The clock of the programs in t/clock, as far as one settings file reaches.
package Setlink::Clock;

use strict;
use warnings;

use Time::HiRes ();

# `settings` is the file that SETLINK_ENV_FILE names. Until the clock is set it
# is the real one.
sub at {
    my ($class, $settings) = @_;
    return bless { path => "$settings.test-clock" }, $class;
}

# The text of the file: what t/clock/clock.c makes of it stands there.
sub read_file {
    my ($self) = @_;
    open my $file, '<', $self->{path} or return '+0';
    return scalar <$file>;
}

# In one step, as it is read at any time.
sub write_file {
    my ($self, $sign, $microseconds) = @_;
    my $new = "$self->{path}.new";
    open my $file, '>', $new or die "$new: $!\n";
    printf {$file} '%s%d', $sign, $microseconds;
    close $file or die "$new: $!\n";
    rename $new, $self->{path} or die "$self->{path}: $!\n";
    return;
}

sub microseconds { return sprintf '%.0f', $_[0] * 1e6 }

# It is so many seconds after 1970, until it is set or moved again.
sub set {
    my ($self, $seconds) = @_;
    return $self->write_file('=', microseconds($seconds));
}

# Forward, or back when `seconds` is negative. A clock that was never set goes
# on from there.
sub move {
    my ($self, $seconds) = @_;
    my ($sign, $value) = $self->read_file =~ /\A([-+=])(\d+)/;
    $value = -$value if $sign eq '-';
    $value += microseconds($seconds);
    return $self->write_file('=', $value) if $sign eq '=';
    return $self->write_file($value < 0 ? '-' : '+', abs $value);
}

# Seconds after 1970, as the programs see it.
sub now {
    my ($self) = @_;
    my ($sign, $value) = $self->read_file =~ /\A([-+=])(\d+)/;
    my $seconds = $value / 1e6;
    return $seconds if $sign eq '=';
    return Time::HiRes::time() + ($sign eq '-' ? -$seconds : $seconds);
}

1;
