# SPDX-License-Identifier: MIT
# Many random nights at once, played in one of the ways that what the recorder
# stores can come to be known: by events in order, by events and refreshes in
# any order with some events late or lost, or by refreshes alone.
package Setlink::NightBatch;

use strict;
use warnings;

use List::Util qw(max);
use POSIX qw(floor);
use Setlink::NightTruth qw(view_of unseen_recordings wrong_places
    missing_music end_state);
use Setlink::RandomNight qw(random_from);
use Setlink::Recordings qw(rfc3339);

my $BASE   = '/api/session-recorder';
my $BUCKET = 'session-recorder';
my $DAY    = 24 * 3600;

# How often the bucket is looked at, or seen by events that come in.
my %COUNT = (ordered => 1, mixed => 4, syncs => 4);

# --- A night that is being played: `night`; `seen`, the time of the bucket that
# is shown; `waiting`, events that are to come; `looks` and `told` as
# unseen_recordings takes them.

sub show_until {
    my ($self, $play, $time) = @_;
    my @new = grep { $_->{at} > $play->{seen} && $_->{at} <= $time }
        @{ $play->{night}{changes} };
    $play->{seen} = $time;
    push @{ $play->{waiting} },
        grep { defined $_->{key} && !$_->{quiet} } @new;
    return @new;
}

# An event as MinIO sends it, with the members that count.
sub event_of {
    my ($change) = @_;
    return {
        eventName => $change->{etag} =~ /-/
            ? 's3:ObjectCreated:CompleteMultipartUpload'
            : 's3:ObjectCreated:Put',
        eventTime => rfc3339($change->{at} + 0.002),
        s3 => {
            bucket => { name => $BUCKET },
            object => {
                key => $change->{key} =~ s{/}{%2F}gr,
                size => $change->{size},
                eTag => $change->{etag},
                sequencer => sprintf('%X',
                    floor($change->{at} * 1000 + 0.5) * 1_000_000),
            },
        },
    };
}

sub tell {
    my ($self, $play, @changes) = @_;
    $play->{told}{ $_->{number} } //= $play->{seen} for @changes;
    while (my @some = splice @changes, 0, 40) {
        $self->{lane}->ask('POST', "$BASE/events",
            { Records => [map { event_of($_) } @some] });
    }
    return;
}

# Which events come now, and in which order.
sub choose_events {
    my ($play, $mode, $last) = @_;
    my @events = @{ $play->{waiting} };
    $play->{waiting} = [];
    return if $mode eq 'syncs';
    return @events if $mode eq 'ordered';
    my $random = $play->{random};
    @events = grep { $play->{kept}{ $_->{number} }
            //= $random->() >= $play->{loss} ? 1 : 0 } @events;
    my @now = grep { $last || $random->() < 0.85 } @events;
    my %now = map { $_ => 1 } @now;
    $play->{waiting} = [grep { !$now{$_} } @events];
    push @now, $now[floor($random->() * @now)] if @now && $random->() < 0.3;
    return @now if $random->() < 0.4;
    return map { $_->[1] } sort { $a->[0] <=> $b->[0] }
        map { [$random->(), $_] } @now;
}

# Times at which the bucket is looked at: not long after something was opened
# again, and at any time. Events that come at once meet the bucket as it was
# when they were sent: as far as that matters, which is with metadata that is
# not what the first one was, and the last one will be.
sub choose_looks {
    my ($night, $random, $mode) = @_;
    my (@times, %metadata, %open);
    my @changes = @{ $night->{changes} };
    for my $change (grep { ($_->{name} // 'metadata.json') eq 'metadata.json' }
        @changes) {
        push @{ $metadata{ $change->{id} } }, $change->{at};
        $open{ $change->{id} } = [$change->{reopens} ? $change->{at} : ()];
        push @times, $change->{at} + $random->() * 25
            if $change->{reopens} && $random->() < 0.95;
        # Before anything was stored, both times of it tell something.
        push @times, $metadata{ $change->{id} }[0] + $random->() * 3
            if $change->{reopens} && $random->() < 0.8;
    }
    my %odd = map { $_->{id} => 1 } grep { $_->{reopens}
            || ($_->{remove} // '') =~ m{[0-9a-f]/\z} } @changes;
    @times = map { my @at = @{ $metadata{$_} };
        @at[0 .. $#at - 1], @{ $open{$_} } } sort keys %odd
        if $mode eq 'ordered';
    push @times, map { $night->{start}
        + $random->() * ($night->{end} - $night->{start}) } 1 .. $COUNT{$mode};
    splice @times, $COUNT{$mode} if $mode ne 'ordered';
    return sort { $a <=> $b } @times;
}

# `lane`, a Setlink::NightLane; `mode`; the nights, in order of time.
sub new {
    my ($class, $lane, $mode, @nights) = @_;
    my $self = bless { lane => $lane, mode => $mode }, $class;
    $self->{random} = random_from($nights[0]{seed} * 41
        + $nights[0]{number} * 43 + length $mode);
    $self->{plays} = [map { $self->new_play($_) } @nights];
    $self->{after} = max(map { $_->{end} } @nights) + $DAY;
    return $self;
}

sub new_play {
    my ($self, $night) = @_;
    my $random = random_from($night->{seed} * 31 + $night->{number} * 17
        + length $self->{mode});
    return {
        night => $night, seen => 0, waiting => [], looks => [], told => {},
        wrong => [], random => $random,
        loss => $random->() < 0.5 ? 0 : 0.05,
        times => [choose_looks($night, $random, $self->{mode})],
        live => $random->() < 0.5,
        made_at => floor($random->() * 3),
    };
}

sub room_of {
    my ($night, $set) = @_;
    my $name = $night->room_name($set->{room});
    return defined $name ? (room => $name) : ();
}

# Sets that are told afterwards.
sub tell_sets {
    my ($self, $play) = @_;
    my ($lane, $night) = ($self->{lane}, $play->{night});
    return map { $lane->ask('POST', '/api/sessions', {
        dj_id => $lane->{djs}[$_->{number}], room_of($night, $_),
        started_at => rfc3339($_->{from}), ended_at => rfc3339($_->{to}),
    })->{id} } @{ $night->{sets} };
}

# Sets that were started, each of which ends the one before it, and ended.
sub start_sets {
    my ($self, $play) = @_;
    my ($lane, $night) = ($self->{lane}, $play->{night});
    my @ids;
    my @steps = map { my $set = $_;
        ([$set->{to}, 0, sub { $lane->{worker}->ask('POST',
            '/api/sessions/end', qq({"session_id":"$ids[$set->{number}]"})) }],
        [$set->{from}, 1, sub { $ids[$set->{number}] = $lane->ask('POST',
            '/api/sessions/start', { dj_id => $lane->{djs}[$set->{number}],
            end_current => \1, room_of($night, $set) })->{id} }])
    } @{ $night->{sets} };
    for my $step (sort { $a->[0] <=> $b->[0] || $a->[1] <=> $b->[1] } @steps) {
        $lane->clock($step->[0]);
        $step->[2]->();
    }
    return @ids;
}

sub make_sets {
    my ($self, $phase) = @_;
    my @due = grep { !$_->{sets}
            && ($_->{live} || $_->{made_at} <= $phase) } @{ $self->{plays} };
    $_->{sets} = [$self->start_sets($_)] for grep { $_->{live} } @due;
    $self->{lane}->clock($self->{after});
    $_->{sets} = [$self->tell_sets($_)] for grep { !$_->{live} } @due;
    return;
}

# Recorders are known, and tied to their rooms.
sub begin {
    my ($self) = @_;
    my $lane = $self->{lane};
    $lane->clear;
    $lane->clock($self->{after});
    my @recorders = map { my $night = $_->{night};
        map { [$night, $_] } 0 .. $#{ $night->{recorders} } }
        @{ $self->{plays} };
    $lane->{store}->apply(map { my ($night, $n) = @$_;
        $lane->recorder_object($night->{recorders}[$n], $night->{start}) }
        @recorders);
    $lane->sync;
    for (@recorders) {
        my ($night, $n) = @$_;
        $lane->ask('PUT', "$BASE/recorders/$night->{recorders}[$n]{id}", {
            room => $night->room_name($n),
            clock_correction_seconds => $night->{recorders}[$n]{slow} })
            if $night->{tied};
    }
    $lane->sync;
    return;
}

# The bucket goes on, and events come in.
sub go_on {
    my ($self, $phase, $last) = @_;
    my $lane = $self->{lane};
    my @new = map { $self->show_until($_, $last ? $_->{night}{end}
            : $_->{times}[$phase] // $_->{seen}) } @{ $self->{plays} };
    $lane->{store}->apply(@new);
    $self->tell($_, choose_events($_, $self->{mode}, $last))
        for @{ $self->{plays} };
    $lane->settle;
    return;
}

sub refresh {
    my ($self) = @_;
    $self->{lane}->sync;
    for my $play (@{ $self->{plays} }) {
        push @{ $play->{looks} }, $play->{seen};
        $play->{synced} = $play->{seen};
    }
    return;
}

# Whether setlink can know all that there is now. No event tells of a deletion.
sub is_known {
    my ($self, $play) = @_;
    my $synced = $play->{synced} // 0;
    return 1 if $synced == $play->{seen};
    return 0 if grep { ($_->{remove} // '') =~ m{[0-9a-f]/\z}
            && $_->{at} > $synced && $_->{at} <= $play->{seen} }
        @{ $play->{night}{changes} };
    return $self->{mode} eq 'ordered'
        || ($self->{mode} eq 'mixed' && !@{ $play->{waiting} }
            && !$play->{loss});
}

sub shown {
    my ($self, $play) = @_;
    return map { $self->{lane}->ask('GET', "$BASE/session/$_") }
        @{ $play->{sets} };
}

# Whether it was thought that a clock may be wrong: then nobody knows where in a
# recording a set begins.
sub is_near {
    my ($self, $play, $set) = @_;
    my $id = $play->{sets}[$set->{number}] =~ tr/-//dr;
    return $self->{lane}{sql}->value('SELECT EXISTS (SELECT 1 FROM'
        . " session_recordings WHERE session_id = 0x$id"
        . " AND matched_by = 'near')");
}

sub look {
    my ($self, $play, $when) = @_;
    return if !$play->{sets} || !$self->is_known($play)
        || ($when eq 'at' && ($play->{looked} // 0) == $play->{seen});
    $play->{looked} = $play->{seen};
    my $night = $play->{night};
    my $view = view_of($night, $play->{seen});
    my @shown = $self->shown($play);
    my $heard = $when =~ /end/;
    for my $set (@{ $night->{sets} }) {
        my $one = $shown[$set->{number}];
        my @wrong = wrong_places($night, $set, $one, $view, $heard);
        push @wrong, missing_music($night, $set, $one, $view) if $heard;
        push @{ $play->{wrong} }, map { {
            set => $set, missing => /missing/ ? 1 : 0, end => $heard ? 1 : 0,
            near => $self->is_near($play, $set),
            text => sprintf '%s, %s %.3f, set %d: %s', $self->{mode}, $when,
                $play->{seen} - $night->{start}, $set->{number}, $_,
        } } @wrong;
    }
    return if !$heard;
    $play->{states} = [map { end_state($_) } @shown];
    $play->{near} = [map { $self->is_near($play, $_) } @{ $night->{sets} }];
    return;
}

# Play them; returns for each what is wrong, the end state and what was unseen.
sub run {
    my ($self) = @_;
    my $mode = $self->{mode};
    my $refreshes = $mode eq 'syncs' ? sub { 1 }
        : $mode eq 'mixed' ? sub { $self->{random}->() < 0.6 } : sub { 0 };
    $self->begin;
    my $most = max(map { scalar @{ $_->{times} } } @{ $self->{plays} });
    for my $phase (0 .. $most - 1) {
        $self->make_sets($phase);
        $self->go_on($phase);
        $self->refresh if $refreshes->();
        next if $mode eq 'ordered' && $self->{random}->() < 0.6;
        $self->look($_, 'at') for @{ $self->{plays} };
    }
    $self->make_sets(99);
    $self->go_on(undef, 1);
    $self->refresh for 1, 2;
    for my $play (@{ $self->{plays} }) {
        $self->look($play, 'at the end');
        $play->{unseen} = [map { unseen_recordings($play->{night}, $_,
            @{$play}{qw(looks told)}) } 0, 1];
    }
    return @{ $self->{plays} };
}

1;
