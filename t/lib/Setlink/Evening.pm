# SPDX-License-Identifier: MIT
# A simulated night: an event by the clock of the test, in minutes after its
# start, with a look at all that the API says of it at each step.
package Setlink::Evening;

use strict;
use warnings;

use POSIX qw(floor);
use Setlink::Draw qw(wrong_draw);
use Setlink::Night qw(must);
use Setlink::Recordings qw(rfc3339 seconds_of);
use Test::More;

my $STEP = 5;

# `start` in seconds; `slot`, minutes; `cutoff`, hours; `rule`, a hash for
# wrong_draw. Nothing is planned yet.
sub new {
    my ($class, $instance, %option) = @_;
    return bless {
        instance   => $instance,
        minute     => 0,
        slot       => 60,
        cutoff     => 2,
        rule       => {},
        registered => {},    # when, by id
        out        => {},    # who is not to be drawn
        draws      => {},    # records, by number
        %option,
    }, $class;
}

sub seconds { return $_[0]{start} + 60 * $_[1] }
sub time_of { return rfc3339($_[0]->seconds($_[1])) }

sub request { my ($self, @request) = @_; return must($self->{instance}, @request) }
sub get     { return $_[0]->request('GET', $_[1]) }

sub go {
    my ($self, $minute) = @_;
    $self->{minute} = $minute;
    $self->{instance}->clock_set($self->seconds($minute));
    return $self;
}

# A DJ registers; returns the id.
sub register {
    my ($self, $minute, $name) = @_;
    $self->go($minute);
    my $dj = $self->request('POST', '/api/djs/register', { name => $name });
    $self->{registered}{ $dj->{id} } = $self->seconds($minute);
    return $dj->{id};
}

sub plan_event {
    my ($self) = @_;
    $self->{rule}{cutoff} = $self->{start} + 3600 * $self->{cutoff};
    return $self->{event} = $self->request('POST', '/api/event/start', {
        started_at => rfc3339($self->{start}),
        slot_duration_minutes => $self->{slot},
        late_arrival_cutoff_hours => $self->{cutoff},
    });
}

# Who can no more be drawn in this round, or can again.
sub leaves { my ($self, @ids) = @_; @{ $self->{out} }{@ids} = (1) x @ids; return }
sub back   { my ($self, @ids) = @_; delete @{ $self->{out} }{@ids}; return }

# The names of what is wrong with the places and estimates of the queue.
sub wrong_queue {
    my ($self, $queue, $timetable) = @_;
    my (@wrong, $place, %seen);
    my $last = $self->seconds($self->{minute}) - 1e-6;
    for my $dj (@$queue) {
        push @wrong, "place $dj->{position_in_queue}"
            if $dj->{position_in_queue} != ++$place;
        push @wrong, "$dj->{name} twice" if $seen{ $dj->{id} }++;
        my $estimate = seconds_of($dj->{estimated_time});
        push @wrong, "$dj->{name} at $dj->{estimated_time}"
            if $estimate <= $last;
        $last = $estimate;
    }
    my @upcoming = map { "$_->{dj_id} $_->{started_at}" }
        grep { $_->{status} eq 'Upcoming' } @{ $timetable->{entries} };
    push @wrong, 'the timetable has other DJs to come'
        if "@upcoming" ne join ' ',
        map { "$_->{id} $_->{estimated_time}" } @$queue;
    return @wrong;
}

# One entry of the timetable: `free_at` is when the one before has ended.
sub wrong_entry {
    my ($self, $entry, $free_at) = @_;
    my $now = $self->seconds($self->{minute});
    my $start = seconds_of($entry->{started_at});
    my $end = defined $entry->{ended_at} ? seconds_of($entry->{ended_at})
        : undef;
    my $status = $entry->{status};
    return (
        ($start < $free_at ? 'it overlaps' : ()),
        ($status eq 'Upcoming' || $start <= $now ? () : 'it has not begun'),
        ((defined $end) == ($status eq 'Completed') ? () : 'the end'),
        (!defined $end || ($start <= $end && $end <= $now
            && $entry->{duration_minutes} == floor(($end - $start) / 60))
            ? () : 'how long it took'),
    );
}

sub wrong_timetable {
    my ($self, $timetable) = @_;
    my (@wrong, %count, %djs);
    my ($place, $free_at) = (0, 0);
    my @entries = @{ $timetable->{entries} };
    for my $entry (@entries) {
        $count{ $entry->{status} }++;
        $djs{ $_->{dj_id} } = 1 for @{ $entry->{participants} };
        push @wrong, "place $entry->{position}"
            if $entry->{position} != ++$place;
        push @wrong, map { "$entry->{dj_name} at $entry->{started_at}: $_" }
            $self->wrong_entry($entry, $free_at);
        $free_at = seconds_of($entry->{ended_at} // $entry->{started_at});
    }
    my $order = join ' ', map { $_->{status} } @entries;
    push @wrong, "the order is $order"
        if $order !~ /\A(?:Completed ?)*(?:InProgress ?)?(?:Upcoming ?)*\z/;
    push @wrong, 'completed_sets'
        if $timetable->{completed_sets} != ($count{Completed} // 0);
    push @wrong, 'total_djs' if $timetable->{total_djs} != keys %djs;
    return @wrong;
}

sub progress {
    my ($self, $event) = @_;
    my $slot = $event->{current_slot_started_at} // return 0;
    my $part = ($self->seconds($self->{minute}) - seconds_of($slot))
        / (60 * $self->{slot});
    return $part < 0 ? 0 : $part > 1 ? 100 : floor($part * 1000 + 1e-6) / 10;
}

sub wrong_event {
    my ($self, $event, $timetable) = @_;
    my ($playing) = map { $_->{dj_id} } grep { $_->{status} eq 'InProgress' }
        @{ $timetable->{entries} };
    my $minute = $self->{minute};
    my $next = $event->{next_draw_at};
    return (
        (!$event->{is_active} == ($minute < 0) ? () : 'is_active'),
        ($event->{elapsed_minutes} == ($minute < 0 ? 0 : floor($minute))
            ? () : "elapsed $event->{elapsed_minutes}"),
        (($event->{current_dj_id} // '') eq ($playing // '') ? ()
            : 'who plays is not who is in progress'),
        (defined $event->{current_dj_name} == defined $playing ? ()
            : 'current_dj_name'),
        ($event->{current_slot_progress_percent} == $self->progress($event)
            ? () : "progress $event->{current_slot_progress_percent}"),
        (!defined $next || seconds_of($next) > $self->seconds($minute) ? ()
            : "the draw of $next has not been made"),
    );
}

# Requests, each an array, at the same time; returns the answers.
sub at_once {
    my ($self, @requests) = @_;
    return $self->{instance}->parallel(@requests);
}

# What is wrong with what the API says now.
sub look {
    my ($self) = @_;
    my $queue = $self->get('/api/lottery/queue');
    my $timetable = $self->get('/api/event/timetable');
    my $event = $self->{event} = $self->get('/api/event/current');
    return map { "minute $self->{minute}: $_" }
        $self->wrong_queue($queue, $timetable),
        $self->wrong_timetable($timetable),
        $self->wrong_event($event, $timetable);
}

# Look each five minutes, and then at this one.
sub watch {
    my ($self, $until) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @wrong;
    while ($self->{minute} < $until) {
        my $next = $self->{minute} + $STEP;
        push @wrong, $self->go($next < $until ? $next : $until)->look;
    }
    return is_deeply(\@wrong, [], "all is well up to minute $until");
}

# Those who had to be in a draw.
sub expected_pool {
    my ($self, $due) = @_;
    return join ' ', sort grep {
        $self->{registered}{$_} <= $due && !$self->{out}{$_}
    } keys %{ $self->{registered} };
}

sub wrong_record {
    my ($self, $record) = @_;
    my $due = seconds_of($record->{due_at});
    my ($status, undef, $error) = $self->{instance}->command('verify-draw',
        $record->{id});
    my $pool = join ' ', map { $_->{dj_id} } @{ $record->{participants} };
    return (
        wrong_draw($record, %{ $self->{rule} }),
        ($status == 0 ? () : "verify-draw: $error"),
        ($pool eq $self->expected_pool($due) ? () : 'others were to be drawn'),
    );
}

# The records of draws that were made since this was last asked, in order.
sub new_records {
    my ($self) = @_;
    my @made = grep { defined $_->{winner}
            && $_->{pool_id} eq $self->{pool_id}
            && !$self->{draws}{ $_->{number} } } @{ $self->draws_of_pool };
    return map { $self->{draws}{ $_->{number} }
            = $self->get("/api/lottery/draws/$_->{id}") }
        sort { $a->{number} <=> $b->{number} } @made;
}

# The pool is that of the draw that is prepared, or of the last one.
sub draws_of_pool {
    my ($self) = @_;
    my $draws = $self->get('/api/lottery/draws?limit=200');
    $self->{pool_id} //= $draws->[0]{pool_id};
    return $draws;
}

# Test that since the last time just the draws were made that were due in these
# minutes; returns the ids of the winners.
sub drawn {
    my ($self, @due) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @records = $self->new_records;
    is_deeply([map { $_->{due_at} } @records], [map { $self->time_of($_) } @due],
        @due ? 'drawn for minute ' . join ', ', @due : 'no draw was made');
    is(join(' ', sort { $a <=> $b } keys %{ $self->{draws} }),
        join(' ', 1 .. keys %{ $self->{draws} }), 'the numbers have no gap');
    my (@wrong, @winners);
    for my $record (@records) {
        push @wrong, map { "draw $record->{number}: $_" }
            $self->wrong_record($record);
        push @winners, $record->{winner}{dj_id};
        $self->leaves($winners[-1]);
    }
    is_deeply(\@wrong, [], 'by the rules');
    return wantarray ? @winners : $winners[0];
}

# Test when the next draw is.
sub next_draw {
    my ($self, $minute) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is($self->get('/api/event/current')->{next_draw_at},
        defined $minute ? $self->time_of($minute) : undef,
        defined $minute ? "the next draw is in minute $minute"
        : 'no draw is ahead');
}

# The queue as "id minute" of the estimate, joined.
sub queue {
    my ($self) = @_;
    return join ' ', map { "$_->{id} "
            . (seconds_of($_->{estimated_time}) - $self->{start}) / 60 }
        @{ $self->get('/api/lottery/queue') };
}

# Who plays, and the minute of the slot.
sub playing {
    my ($self) = @_;
    my $event = $self->get('/api/event/current');
    return 'nobody' if !defined $event->{current_dj_id};
    return "$event->{current_dj_id} "
        . (seconds_of($event->{current_slot_started_at}) - $self->{start}) / 60;
}

1;
