# SPDX-License-Identifier: MIT
# Workers that are killed in the middle of a request: the database is in the
# state before or in that after it, never between.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use Setlink::Kill;
use Setlink::Night qw(new_dj start_set end_set);
use Test::More;
use Time::HiRes ();

my $REPEATS = 50;

my $seed = $ENV{SETLINK_SEED} // int(rand(2**31));
srand($seed);
diag("seed $seed (set SETLINK_SEED to repeat)");

my $worker = Setlink::Kill->start;

# What the state is made of; each action says by how much it changes.
my %COUNTS = (
    drawn        => 'COUNT(*) FROM draws WHERE drawn_at IS NOT NULL',
    prepared     => 'COUNT(*) FROM draws WHERE drawn_at IS NULL',
    participants => 'COUNT(*) FROM draw_participants',
    waiting      => 'COUNT(*) FROM queue_entries WHERE status = "waiting"',
    playing      => 'COUNT(*) FROM queue_entries WHERE status = "playing"',
    played       => 'COUNT(*) FROM queue_entries WHERE status = "played"',
    skipped      => 'COUNT(*) FROM queue_entries WHERE status = "skipped"',
    slots        => 'COUNT(slot_at) FROM queue_entries',
    active       => 'COUNT(*) FROM sessions WHERE active_dj_id IS NOT NULL',
    ended        => 'COUNT(*) FROM sessions WHERE ended_at IS NOT NULL',
    set_djs      => 'COUNT(*) FROM session_djs',
    playing_djs  => 'COUNT(active_dj_id) FROM session_djs',
    room_starts  => 'COALESCE(SUM(starts), 0) FROM rooms',
    pools        => 'COUNT(*) FROM pools',
    events       => 'COUNT(*) FROM events',
    open_events  => 'COUNT(open_mark) FROM events',
);

# What contradicts itself, as rows that there may not be.
my %WRONG = (
    'a draw without its place in the queue' => 'SELECT w.id FROM draws w'
        . ' LEFT JOIN queue_entries q ON q.draw_id = w.id'
        . ' AND q.dj_id = w.winner_id'
        . ' GROUP BY w.id, w.drawn_at, w.winner_id'
        . ' HAVING COUNT(q.draw_id) <> (w.drawn_at IS NOT NULL)'
        . ' OR (w.drawn_at IS NULL) <> (w.winner_id IS NULL)',
    'a place of no draw' => 'SELECT q.position FROM queue_entries q'
        . ' LEFT JOIN draws w ON w.id = q.draw_id WHERE w.drawn_at IS NULL',
    'participants of a draw that was not made' => 'SELECT p.dj_id'
        . ' FROM draw_participants p LEFT JOIN draws w ON w.id = p.draw_id'
        . ' WHERE w.drawn_at IS NULL',
    'a winner who did not take part' => 'SELECT w.id FROM draws w'
        . ' LEFT JOIN draw_participants p ON p.draw_id = w.id'
        . ' AND p.dj_id = w.winner_id'
        . ' WHERE w.drawn_at IS NOT NULL AND p.dj_id IS NULL',
    'a pool that somebody is in without one prepared draw' => 'SELECT p.id'
        . ' FROM pools p LEFT JOIN draws w ON w.pool_id = p.id'
        . ' AND w.drawn_at IS NULL GROUP BY p.id HAVING COUNT(w.id) <>'
        . ' EXISTS (SELECT 1 FROM pool_entries e WHERE e.pool_id = p.id)',
    'no open pool, or several' => 'SELECT COUNT(open_mark) AS n FROM pools'
        . ' HAVING n <> 1',
    'an open event without the open pool' => 'SELECT e.id FROM events e'
        . ' LEFT JOIN pools p ON p.id = e.pool_id AND p.open_mark = 1'
        . ' WHERE e.open_mark = 1 AND p.id IS NULL',
    'an event that is both open and over, or neither' => 'SELECT id'
        . ' FROM events WHERE (open_mark IS NULL) <> (ended_at IS NOT NULL)',
    'a set of an event that is over' => 'SELECT s.id FROM sessions s'
        . ' JOIN events e ON e.id = s.event_id WHERE s.ended_at IS NULL'
        . ' AND e.ended_at IS NOT NULL',
    'a turn in a pool that is closed' => 'SELECT q.position'
        . ' FROM queue_entries q JOIN pools p ON p.id = q.pool_id'
        . ' WHERE p.open_mark IS NULL AND q.status IN ("waiting", "playing")',
    'a set without its DJ' => 'SELECT s.id FROM sessions s'
        . ' LEFT JOIN session_djs p ON p.session_id = s.id'
        . ' AND p.dj_id = s.dj_id AND p.place = 1'
        . ' WHERE p.dj_id IS NULL OR NOT p.active_dj_id <=> s.active_dj_id',
    'a gap in the numbers' => 'SELECT pool_id FROM draws GROUP BY pool_id'
        . ' HAVING MIN(number) <> 1 OR MAX(number) <> COUNT(*)',
    'a gap in the queue' => 'SELECT pool_id FROM queue_entries'
        . ' GROUP BY pool_id'
        . ' HAVING MIN(position) <> 1 OR MAX(position) <> COUNT(*)',
    'a set that is both active and over, or neither' => 'SELECT id'
        . ' FROM sessions'
        . ' WHERE (active_dj_id IS NULL) <> (ended_at IS NOT NULL)',
    'a place that does not agree with its set' => 'SELECT q.position'
        . ' FROM queue_entries q JOIN sessions s ON s.id = q.session_id'
        . ' WHERE q.status <> IF(s.ended_at IS NULL, "playing", "played")'
        . ' OR q.began_at IS NOT NULL',
    'a turn without a set and without its times' => 'SELECT position'
        . ' FROM queue_entries WHERE session_id IS NULL'
        . ' AND ((status = "waiting" AND began_at IS NOT NULL)'
        . ' OR (status = "playing" AND began_at IS NULL)'
        . ' OR (status = "played" AND (began_at IS NULL OR ended_at IS NULL)))',
    'a place of an event without a slot' => 'SELECT q.position'
        . ' FROM queue_entries q JOIN events e ON e.pool_id = q.pool_id'
        . ' WHERE e.open_mark = 1 AND q.slot_at IS NULL',
);

# One row with the whole state, to see that nothing at all has changed.
my $CHECKSUMS = 'CHECKSUM TABLE pools, pool_entries, draws, draw_participants,'
    . ' queue_entries, sessions, session_djs, rooms, events EXTENDED';

my $LOCK_QUEUE_END = 'SELECT position FROM queue_entries FOR UPDATE';
my $LOCK_PLACE = 'SELECT position FROM queue_entries'
    . ' WHERE status = "%s" ORDER BY position LIMIT 1 FOR UPDATE';
my $LOCK_PREPARED = 'SELECT id FROM draws WHERE id = (SELECT w.id FROM draws w'
    . ' JOIN pools p ON p.id = w.pool_id AND p.open_mark = 1'
    . ' WHERE w.drawn_at IS NULL) FOR UPDATE';
my $LOCK_NEXT_NUMBER = 'SELECT id FROM draws FORCE INDEX (one_number)'
    . ' WHERE pool_id = (SELECT id FROM pools WHERE open_mark = 1)'
    . ' AND number > 1000000 FOR UPDATE';
my $LOCK_SET = 'SELECT id FROM sessions WHERE active_dj_id IS NOT NULL'
    . ' FOR UPDATE';

my $LOCK_EVENTS = 'SELECT id FROM events FOR UPDATE';
my $LOCK_NEW_POOL = 'SELECT id FROM pools WHERE id > REPEAT("\xff", 16)'
    . ' FOR UPDATE';

# The JSON of an answer of success.
sub call {
    my (@request) = @_;
    my $answer = $worker->request(@request);
    die "@request[0, 1]: $answer->{status} $answer->{content}\n"
        if $answer->{status} != 200;
    return $answer->{json};
}

# Who waits for a set, drawn if nobody does.
sub next_dj {
    my $next = call('GET', '/api/lottery/next');
    return $next->{id} if $next;
    new_dj($worker);
    return call('POST', '/api/lottery/draw')->{winner}{id};
}

# The id of the set that plays, started if none does.
sub current_set {
    my $current = call('GET', '/api/sessions/current');
    return $current ? $current->{id}
        : start_set($worker, dj_id => next_dj(), room => 'hall');
}

# No event and no set runs, and nobody is in the pool.
sub end_all {
    my $current = call('GET', '/api/sessions/current');
    end_set($worker, $current->{id}) if $current;
    $worker->request('POST', '/api/event/start');
    call('POST', '/api/event/end');
    return;
}

# The requests that are made. `prepare` makes the state before, and returns the
# request and what it changes; where that happens in two steps, after the first
# and after both. `locks` keep its transaction from going on, each after another
# one of its statements.
my %ACTIONS = (
    'a draw' => {
        prepare => sub {
            new_dj($worker);
            my $pool = call('GET', '/api/djs/pool')->{total_count};
            return (['POST', '/api/lottery/draw'],
                { drawn => 1, participants => $pool, waiting => 1 });
        },
        locks => [$LOCK_PREPARED, $LOCK_QUEUE_END, $LOCK_NEXT_NUMBER],
    },
    'the start of a set' => {
        prepare => sub {
            current_set();
            return (['POST', '/api/sessions/start', { dj_id => next_dj(),
                room => 'hall', end_current => JSON::PP::true() }],
                { waiting => -1, played => 1, ended => 1, room_starts => 1,
                    set_djs => 1 });
        },
        locks => [$LOCK_SET, sprintf($LOCK_PLACE, 'waiting')],
    },
    'the end of a set' => {
        prepare => sub {
            return (['POST', '/api/sessions/end',
                { session_id => current_set() }],
                { playing => -1, played => 1, active => -1, ended => 1,
                    playing_djs => -1 });
        },
        locks => [sprintf($LOCK_PLACE, 'playing')],
    },
    'the start of an event' => {
        prepare => sub {
            end_all();
            new_dj($worker);
            my %drawn = (events => 1, open_events => 1, drawn => 1, slots => 1,
                participants => call('GET', '/api/djs/pool')->{total_count});
            return (['POST', '/api/event/start'],
                { %drawn, waiting => 1 }, { %drawn, playing => 1 });
        },
        locks => [$LOCK_EVENTS, $LOCK_PREPARED, $LOCK_QUEUE_END,
            $LOCK_NEXT_NUMBER],
    },
    'the end of an event' => {
        prepare => sub {
            end_all();
            new_dj($worker) for 1, 2;
            my $event = call('POST', '/api/event/start');
            start_set($worker, dj_id => $event->{current_dj_id});
            call('POST', '/api/lottery/draw');
            return (['POST', '/api/event/end'],
                { open_events => -1, pools => 1, active => -1, ended => 1,
                    playing_djs => -1, playing => -1, played => 1,
                    waiting => -1, skipped => 1 });
        },
        locks => [$LOCK_SET, $LOCK_EVENTS, $LOCK_NEW_POOL,
            sprintf($LOCK_PLACE, 'waiting')],
    },
);

sub counts {
    my @names = sort keys %COUNTS;
    my %count;
    @count{@names} = @{ ($worker->query('SELECT '
            . join ', ', map { "(SELECT $COUNTS{$_})" } @names))[0] };
    return \%count;
}

sub state {
    return { counts => counts(),
        sum => join ' ', map { "@$_" } $worker->query($CHECKSUMS) };
}

# The counts that a change moves, as a text.
sub moves {
    my ($change) = @_;
    return join ', ', map { sprintf '%s %+d', $_, $change->{$_} }
        grep { $change->{$_} } sort keys %$change;
}

# "before", "after", or what has changed.
sub outcome {
    my ($before, @changes) = @_;
    my $now = state();
    return 'before' if $now->{sum} eq $before->{sum};
    my $moved = moves({ map { $_ => $now->{counts}{$_}
            - $before->{counts}{$_} } keys %COUNTS });
    return (grep { moves($_) eq $moved } @changes) ? 'after'
        : "between: $moved";
}

sub contradictions {
    return grep { $worker->query($WRONG{$_}) } sort keys %WRONG;
}

# How long the request takes when nobody is killed, in seconds.
sub usual_time {
    my ($action) = @_;
    my $longest = 0;
    for (1 .. 3) {
        my ($request, @changes) = $action->{prepare}->();
        my $before = state();
        my $begin = Time::HiRes::time();
        call(@$request);
        my $time = Time::HiRes::time() - $begin;
        $longest = $time if $time > $longest;
        is(outcome($before, @changes), 'after', 'what the request changes');
    }
    return $longest;
}

# What is wrong after a kill.
sub judge {
    my ($result, $outcome) = @_;
    return (
        $outcome =~ /\A(?:before|after)\z/ ? () : $outcome,
        contradictions(),
        $result->{next} != 200 ? 'the next request is not answered' : (),
        $result->{status} && $outcome ne 'after'
            ? "answered with $result->{status}, but not done" : (),
    );
}

# A row of the audit is written before the transaction.
my $AUDIT = 1;

# Every second kill is within the transaction, while it waits for a lock; the
# others are at any moment.
sub repeat {
    my ($name, $action) = @_;
    my @locks = @{ $action->{locks} };
    end_all();
    my $usual = usual_time($action);
    my (%count, @wrong);
    for my $i (1 .. $REPEATS) {
        my $lock = $i % 2 ? $locks[int($i / 2) % @locks] : undef;
        my ($request, @changes) = $action->{prepare}->();
        my $before = state();
        my $result = $worker->kill_during($request,
            $lock ? (lock => $lock) : (after => rand 1.3 * $usual));
        my $outcome = outcome($before, @changes);
        push @wrong, map { "repeat $i: $_" } judge($result, $outcome);
        $count{$outcome}++;
        $count{$lock ? 'waiting' : 'working'}++
            if $outcome eq 'before' && $result->{written} > $AUDIT;
    }
    $_ //= 0 for @count{qw(waiting working before after)};
    is(join("\n", @wrong), '', "$REPEATS workers die, nothing is between");
    is($count{waiting}, $REPEATS / 2, 'half of them in a transaction');
    diag("$name: $count{waiting} and $count{working} kills in the middle of a"
        . " transaction; $count{before} times the state is that before,"
        . " $count{after} times that after");
    return;
}

for my $name (sort keys %ACTIONS) {
    subtest $name => sub { repeat($name, $ACTIONS{$name}) };
}

done_testing;
