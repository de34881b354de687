# SPDX-License-Identifier: MIT
# A night by chance: rooms, sets, and what the recorder's back end goes through.
package Setlink::RandomNight;

use strict;
use warnings;

use Exporter 'import';
use List::Util qw(max min);
use POSIX qw(floor);
use Setlink::RecorderServer;
use Setlink::Recordings qw(uuid_of);

our @EXPORT_OK = qw(random_from night_text);

my $MINUTE = 60;

# Numbers below 1, the same ones after the same seed on any machine.
sub random_from {
    my ($seed) = @_;
    my $x = 1 + $seed % 2_147_483_646;
    my $next = sub { $x = $x * 48_271 % 2_147_483_647;
        return ($x - 1) / 2_147_483_646 };
    $next->() for 1 .. 5;
    return $next;
}

sub chance  { return $_[0]{random}->() < $_[1] }
sub between { my ($self, $low, $high) = @_;
    return $low + ($high - $low) * $self->{random}->() }
sub number  { my ($self, $low, $high) = @_;
    return $low + floor(($high - $low + 1) * $self->{random}->()) }

sub one_of  { my ($self, @list) = @_; return $list[$self->number(0, $#list)] }

# Sets of a room, one after the other; few are as short as the tolerance. Those
# of two rooms never begin at the same time: then their ids would decide.
sub add_sets {
    my ($self, $room) = @_;
    my $at = $self->{start} + $self->between(0, 12) * $MINUTE;
    for (1 .. $self->number(2, 4)) {
        my $length = $self->one_of($self->between(1, 6),
            $self->between(5, 15), $self->between(10, 35)) * $MINUTE;
        my ($from, $to) = map { floor($_) + $room / 4 } $at, $at + $length;
        push @{ $self->{sets} }, { room => $room, from => $from, to => $to,
            number => scalar @{ $self->{sets} } };
        $at += $length;
        $at += $self->between(0.1, 6) * $MINUTE if $self->chance(0.25);
    }
    return;
}

sub add { my ($self, @step) = @_; push @{ $self->{script} }, [@step]; return }

# Music in a room: mostly through all sets, with pauses, cuts and dropouts.
sub add_music {
    my ($self, $n) = @_;
    my @sets = grep { $_->{room} == $n } @{ $self->{sets} };
    my ($first, $last) = ($sets[0]{from}, $sets[-1]{to});
    my $on = $first + $self->one_of($self->between(-10, 0),
        $self->between(-1, 0.5), $self->between(0, 3)) * $MINUTE;
    if ($self->chance(0.3)) {
        my $check = $on - $self->between(4, 10) * $MINUTE;
        $self->add($check, 'on', $n);
        $self->add($check + $self->between(20, 150), 'off', $n);
    }
    $self->add($on, 'on', $n);
    for my $set (@sets[1 .. $#sets]) {
        next if !$self->chance(0.25);
        my $off = $set->{from} + $self->between(-90, 10);
        $self->add($off, 'off', $n);
        $self->add($off + $self->between(6, 150), 'on', $n);
    }
    for (1 .. $self->number(-1, 2)) {
        my $set = $self->one_of(@sets);
        my $at = $set->{from} + $self->one_of($self->between(-60, 280),
            $self->between(0, $set->{to} - $set->{from}));
        if ($self->chance(0.6)) { $self->add($at, 'cut', $n) }
        else {
            $self->add($at, 'off', $n);
            $self->add($at + $self->between(5.1, 12), 'on', $n);
        }
    }
    my $off = $last + $self->between(-60, 240);
    $self->add($off, 'off', $n);
    $self->{over} = max($self->{over} // 0, $off);
    # The cleaners' music ends the last recording.
    return if $self->chance(0.15);
    my $late = $off + $self->between(2, 40) * $MINUTE;
    $self->add($late, 'on', $n);
    $self->add($late + $self->between(10, 200), 'off', $n);
    return;
}

# When something may go wrong: at any time, or soon after a step of the script.
sub bad_moment {
    my ($self) = @_;
    return $self->between($self->{start}, $self->{over}) if $self->chance(0.6);
    my $step = $self->one_of(@{ $self->{script} });
    return $step->[0] + $self->one_of($self->between(0.2, 6),
        $self->between(1, 30), $self->between(30, 120));
}

sub add_faults {
    my ($self) = @_;
    my @moments = map { $self->bad_moment }
        1 .. $self->one_of(0, 0, 1, 1, 1, 2, 2, 3);
    $self->add($_, 'restart', $self->between(2, 40)) for @moments;
    return if !$self->chance(0.15);
    $self->add($self->bad_moment, 'delete_open',
        $self->number(0, $#{ $self->{recorders} }));
    return;
}

sub make_recorders {
    my ($self, $rooms) = @_;
    my $tied = $self->{tied};
    $self->{recorders} = [map { {
        id => uuid_of(0xa0000000 + $self->{number}, $_),
        name => "Recorder $_",
        slow => $tied && $self->chance(0.2) ? $self->number(-90, 90) : 0,
    } } 1 .. $rooms];
    return;
}

# The night of a number and a seed that begins at a time; `tied`, whether its
# recorders are, else it is by chance.
sub make {
    my ($class, %option) = @_;
    my $self = bless { %option, sets => [], script => [],
        random => random_from($option{seed} * 1009 + $option{number} * 7919) },
        $class;
    my $rooms = $self->chance(0.4) ? 2 : 1;
    my $tied = $self->chance(0.5);
    $self->{tied} //= $tied;
    $self->{wall} = $self->chance(0.4) ? 1 : 0;
    $self->make_recorders($rooms);
    $self->add_sets($_) for 0 .. $rooms - 1;
    $self->add_music($_) for 0 .. $rooms - 1;
    $self->add_faults;
    $self->{script} = [sort { $a->[0] <=> $b->[0] } @{ $self->{script} }];
    my $count = 0;
    my $server = Setlink::RecorderServer->new(random => $self->{random},
        wall => $self->{wall}, recorders => $self->{recorders},
        sparse => $self->{sparse} // 10, make_id => sub {
            uuid_of(0xb0000000 + $self->{number}, ++$count) });
    $self->{changes} = [$server->run(@{ $self->{script} })];
    $self->{end} = max(map { $_->{at} } @{ $self->{changes} }) + 1;
    return $self;
}

# The name of a room, or undef: with one room sets have none, unless that is
# what the recorder is tied to.
sub room_name {
    my ($self, $room) = @_;
    return "Room $room of night $self->{number}" if $self->{tied};
    return @{ $self->{recorders} } > 1 ? "Room $room" : undef;
}

# For people, times in seconds after the start.
sub night_text {
    my ($self) = @_;
    my $since = sub { sprintf '%9.3f', $_[0] - $self->{start} };
    return join "\n", "night $self->{number} of seed $self->{seed}: "
        . ($self->{tied} ? 'tied' : 'untied') . ', end_time is '
        . ($self->{wall} ? "of the clock" : "the start and the duration"),
        (map { "set $_->{number}: room $_->{room} " . $since->($_->{from})
                . $since->($_->{to}) } @{ $self->{sets} }),
        (map { my ($at, @what) = @$_; $since->($at) . " @what" }
            @{ $self->{script} }),
        (map { $since->($_->{at}) . ' '
                . ($_->{key} // "- $_->{remove}") =~ s{.*/sessions/\S+-0*}{}r
                . ($_->{truth} ? sprintf ' of %.3f + %.3f (%.3f)',
                    $_->{truth}{begin} - $self->{start},
                    $_->{truth}{heard}, $_->{truth}{stored} : '')
                . ($_->{closed} ? ' closed' : '')
                . ($_->{reopens} ? ' reopens' : '') }
            grep { !$_->{quiet} } @{ $self->{changes} }), '';
}

1;
