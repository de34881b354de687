# SPDX-License-Identifier: MIT
# HTTP tests of the routes of the event and its timetable.
package Setlink::HttpSuite::Event;

use strict;
use warnings;
use utf8;

use JSON::PP ();
use Setlink::Csv qw(parse_csv);
use Setlink::Http qw(write_json);
use Setlink::Night qw(new_dj start_set end_set);
use Setlink::Recordings qw(rfc3339);
use Setlink::Shape qw(is_shape is_status is_problem);
use Test::More;
use Time::Piece ();

my $START     = '/api/event/start';
my $END       = '/api/event/end';
my $CURRENT   = '/api/event/current';
my $TIMETABLE = '/api/event/timetable';
my $ADMIN     = '/api/admin/timetable';
my $DRAW      = '/api/lottery/draw';

my $MINUTE = 60;
my $HOUR   = 60 * $MINUTE;
my $DAY    = 24 * $HOUR;
my @PUBLIC = ('x-forwarded-for' => '192.0.2.1');
my @JSON   = ('content-type' => 'application/json');

# A time that an answer has, in seconds.
sub at {
    my ($time) = @_;
    return Time::Piece->strptime(substr($time, 0, 19), '%Y-%m-%dT%T')->epoch;
}

sub begin_event {
    my ($i, %members) = @_;
    return $i->request('POST', $START, \%members);
}

sub end_event { return $_[0]->request('POST', $END) }

# A pool without anybody.
sub new_pool {
    my ($i) = @_;
    begin_event($i);
    return end_event($i);
}

sub get { return $_[0]->request('GET', $_[1])->{json} }

sub test_none {
    my ($i) = @_;
    for my $target ($CURRENT, $TIMETABLE, $ADMIN, "$TIMETABLE?format=csv",
        "$ADMIN?format=csv") {
        is_problem($i->request('GET', $target), 404, qr/no event/,
            "$target without an event");
        is_status($i->request('HEAD', $target), 404, 'HEAD, too');
    }
    is_problem(end_event($i), 404, qr/no event/, 'none can end');
    return;
}

my %WRONG = (
    slot_duration_minutes     => [0, 1441, -1, 1.5, '60', [60],
        JSON::PP::true()],
    late_arrival_cutoff_hours => [-1, 169, 0.5, '2', {}, JSON::PP::false()],
    started_at                => ['', 'now', '2026-02-29T00:00:00Z',
        '2026-01-02T03:04:05', 1_767_323_045, ['x'], '1970-01-01T00:00:00Z',
        '9999-12-31T23:59:59Z'],
);

sub test_refused {
    my ($i) = @_;
    for my $field (sort keys %WRONG) {
        for (@{ $WRONG{$field} }) {
            my $body = { $field => $_ };
            is_problem($i->request('POST', $START, $body), 400,
                qr/\A\Q$field\E:/, 'refused: ' . write_json($body));
        }
        my $one = write_json($field eq 'started_at' ? rfc3339(time) : 1);
        is_problem($i->request('POST', $START,
            "{\"$field\":$one,\"$field\":$one}", @JSON), 400,
            qr/\A\Q$field\E: .*twice/, "$field may not be given twice");
    }
    is_problem(begin_event($i, started_at => rfc3339(time - $DAY - $MINUTE)),
        400, qr/\Astarted_at: .*a day ago/, 'a start of more than a day ago');
    is_problem(begin_event($i,
        started_at => rfc3339(time + 366 * $DAY + $HOUR)), 400,
        qr/\Astarted_at: .*a year ahead/, 'or more than a year ahead');
    is_problem($i->request('POST', $START, {}, @PUBLIC), 403, qr/loopback/,
        'not everybody may start one');
    is_status($i->request('GET', $CURRENT), 404, 'none of it started an event');
    return;
}

sub test_planned {
    my ($i) = @_;
    my $start = rfc3339(int(time) + 2 * $HOUR + 0.25);
    my $answer = $i->request('POST', "$START?slot_duration_minutes=0",
        { started_at => $start, colour => 'red' });
    is_status($answer, 200, 'an event is planned; the query is no matter');
    my $event = $answer->{json};
    is_shape($event, 'event', 'the answer is the event');
    is($event->{started_at}, $start, 'it starts then');
    ok(!$event->{is_active}, 'and not before');
    is_deeply([@$event{qw(slot_duration_minutes late_arrival_cutoff_hours)}],
        [60, 2], 'with the lengths that are usual');
    is($event->{next_draw_at}, rfc3339(at($start) - 20 * $MINUTE + 0.25),
        'the first draw comes 20 minutes before');
    is($event->{$_}, undef, "there is no $_ yet")
        for qw(ended_at current_dj_id current_dj_name current_slot_started_at);
    is($event->{$_}, 0, "$_ is 0")
        for qw(elapsed_minutes current_slot_progress_percent);
    is_deeply(get($i, $CURRENT), $event, 'it is the current one');
    my $timetable = get($i, $TIMETABLE);
    is_shape($timetable, 'timetable', 'it has a timetable');
    is_deeply($timetable, { event_id => $event->{id}, entries => [],
        event_started_at => $start, total_djs => 0, completed_sets => 0 },
        'with nobody in it');
    is_deeply(get($i, $ADMIN), [], 'nor in that of the admins');
    is_problem(begin_event($i, @$_), 409, qr/event/, 'there is only one')
        for [], [started_at => rfc3339(time + 9 * $HOUR)];
    my $end = end_event($i);
    is_status($end, 200, 'it is called off');
    is_shape($end->{json}, 'event', 'the answer is the event');
    is($end->{json}{id}, $event->{id}, 'that one');
    ok(!$end->{json}{is_active} && $end->{json}{ended_at}, 'which is over');
    is($end->{json}{next_draw_at}, undef, 'without a draw to come');
    is_status($i->request('GET', $CURRENT), 404, 'there is none any more');
    return;
}

# The limits are within.
sub test_limits {
    my ($i) = @_;
    for ([1, 0, 365 * $DAY], [1440, 168, $MINUTE - $DAY]) {
        my ($slot, $cutoff, $from_now) = @$_;
        my $answer = begin_event($i, slot_duration_minutes => $slot,
            late_arrival_cutoff_hours => $cutoff,
            started_at => rfc3339(int(time) + $from_now));
        is_status($answer, 200, "slots of $slot minutes");
        is($answer->{json}{slot_duration_minutes}, $slot, 'are taken');
        is($answer->{json}{late_arrival_cutoff_hours}, $cutoff,
            "and a cutoff of $cutoff hours");
        is(int($answer->{json}{elapsed_minutes} / 10),
            $from_now < 0 ? 143 : 0, 'as is the start');
        end_event($i);
    }
    return;
}

# One that has not begun, but for its first draw.
sub test_first_draw {
    my ($i) = @_;
    my %name = map { new_dj($i, "Early $_") => "Early $_" } 1, 2;
    my $start = rfc3339(int(time) + 10 * $MINUTE);
    my $event = begin_event($i, started_at => $start,
        slot_duration_minutes => 40)->{json};
    is($event->{next_draw_at}, rfc3339(at($start) + 20 * $MINUTE),
        'the first draw was due, the second one is when half a slot is over');
    my ($first, @more) = @{ get($i, $TIMETABLE)->{entries} };
    is(scalar @more, 0, 'one DJ is drawn');
    is_shape($first, 'timetable_entry', 'and in the timetable');
    is_deeply($first, {
        position         => 1,
        dj_id            => $first->{dj_id},
        dj_name          => $name{ $first->{dj_id} },
        started_at       => $start,
        ended_at         => undef,
        duration_minutes => 40,
        status           => 'Upcoming',
        session_type     => 'solo',
        participants     => [{ dj_id => $first->{dj_id},
            name => $name{ $first->{dj_id} } }],
    }, 'for the first slot');
    my $admin = get($i, $ADMIN);
    is_shape($admin, ['admin_timetable_entry'], 'that of the admins');
    is($admin->[0]{estimated_start_time}, $start, 'has the estimate');
    is($admin->[0]{dj}{id}, $first->{dj_id}, 'and the DJ');
    end_event($i);
    is_deeply(get($i, '/api/lottery/queue'), [], 'called off, nobody waits');
    my $pool = get($i, '/api/djs/pool');
    my %pool = map { $_->{id} => 1 } @{ $pool->{active_djs} };
    is(scalar(grep { $pool{$_} } keys %name), 2, 'but the pool stays');
    return;
}

# The event of a set after a change of nothing.
sub change_of_event {
    my ($i, $set) = @_;
    return $i->request('PUT', "/api/sessions/$set", {})->{json}{event_id};
}

# A set that begins a little early is part of the event, which is then not
# called off any more, but ends.
sub test_early_set {
    my ($i) = @_;
    new_pool($i);
    new_dj($i, 'Too Early');
    my $start = rfc3339(int(time) + 10 * $MINUTE);
    my $event = begin_event($i, started_at => $start)->{json};
    my $set = start_set($i, dj_id => get($i, '/api/lottery/next')->{id});
    is(get($i, "/api/sessions/$set")->{event_id}, $event->{id},
        'a set before the start is part of the event');
    is(statuses($i), '1 InProgress', 'and in its timetable');
    is(get($i, $CURRENT)->{current_dj_name}, 'Too Early', 'its DJ plays');
    my $ended = end_event($i)->{json};
    is($ended->{ended_at}, $start, 'it does not end before its start');
    ok(!$ended->{is_active}, 'but is over');
    isnt(get($i, "/api/sessions/$set")->{ended_at}, undef, 'as is the set');
    is(get($i, '/api/djs/pool')->{total_count}, 0, 'and a new pool is open');
    $set = start_set($i);
    is(get($i, "/api/sessions/$set")->{event_id}, undef,
        'the next set is not part of it');
    is(change_of_event($i, $set), undef, 'nor when it is changed');
    end_set($i, $set);
    return;
}

# Is the event that runs.
sub is_running {
    my ($event) = @_;
    is_shape($event, 'event', 'the answer is the event');
    ok($event->{is_active}, 'which runs');
    is($event->{ended_at}, undef, 'without an end');
    is($event->{current_slot_started_at}, $event->{started_at},
        'the first slot began with it');
    is(at($event->{next_draw_at}), at($event->{started_at}) + 15 * $MINUTE,
        'the next draw comes when half of it is over');
    is($event->{$_}, 0, "$_ is 0")
        for qw(elapsed_minutes current_slot_progress_percent);
    return;
}

sub statuses {
    my ($i) = @_;
    return join ' ', map { "$_->{position} $_->{status}" }
        @{ get($i, $TIMETABLE)->{entries} };
}

# From the first turn to the end: who plays, has played, and comes.
sub test_running {
    my ($i) = @_;
    new_pool($i);
    new_dj($i, $_) for '=Runner', '=Zoë';
    my $answer = begin_event($i, slot_duration_minutes => 30,
        late_arrival_cutoff_hours => 0);
    is_status($answer, 200, 'an event starts');
    my $event = $answer->{json};
    is_running($event);
    my $current = get($i, $CURRENT);
    is_deeply([@$current{qw(id current_dj_id)}],
        [@$event{qw(id current_dj_id)}], 'it is the current one');
    is_status($i->request('HEAD', $CURRENT), 200, 'HEAD');
    is_problem(begin_event($i), 409, qr/event/, 'no second one starts');
    is(statuses($i), '1 InProgress', 'the first DJ has the turn');
    my $dj = $event->{current_dj_id};
    my $set = start_set($i, dj_id => $dj, room => 'hall');
    is(get($i, "/api/sessions/$set")->{event_id}, $event->{id},
        'a set is part of the event');
    is(statuses($i), '1 InProgress', 'and is what was planned');
    my $next = $i->request('POST', $DRAW)->{json}{winner};
    is(statuses($i), '1 InProgress 2 Upcoming', 'who is drawn comes next');
    is(at($next->{estimated_time}), at(get($i, "/api/sessions/$set")
        ->{started_at}) + 30 * $MINUTE, 'when the one who plays is through');
    end_set($i, $set);
    is(statuses($i), '1 Completed 2 Upcoming', 'a set is over');
    my $timetable = get($i, $TIMETABLE);
    is($timetable->{completed_sets}, 1, 'which is counted');
    is($timetable->{total_djs}, 2, 'as are the DJs');
    is($timetable->{entries}[0]{ended_at},
        get($i, "/api/sessions/$set")->{ended_at}, 'it has its end');
    is($timetable->{entries}[0]{duration_minutes}, 0, 'and its length');
    is_deeply([map { $_->{dj}{id} } @{ get($i, $ADMIN) }], [$next->{id}],
        'admins see who is to come');
    is_table($i);
    is_public($i);
    test_end($i, $event, $next->{id});
    return;
}

# The rows of CSV are the entries of JSON.
sub is_table {
    my ($i) = @_;
    my %columns = (
        $TIMETABLE => [qw(position dj_id dj_name started_at ended_at
            duration_minutes status session_type)],
        $ADMIN => [qw(position dj_id dj_name estimated_start_time
            session_type)],
    );
    my %file = ($TIMETABLE => 'timetable', $ADMIN => 'admin-timetable');
    for my $target (sort keys %columns) {
        my $answer = $i->request('GET', "$target?format=csv");
        is_status($answer, 200, "$target as CSV");
        is($answer->{headers}{'content-disposition'},
            "attachment; filename=\"$file{$target}.csv\"", 'as a file');
        my ($names, @rows) = parse_csv($answer->{content});
        is_deeply($names, $columns{$target}, 'with these columns');
        my $json = get($i, $target);
        my @entries = $target eq $ADMIN ? map { { %$_, dj_id => $_->{dj}{id},
            dj_name => $_->{dj}{name} } } @$json : @{ $json->{entries} };
        my @want = map { [map { ($_ // '') =~ s/\A=/'=/r } @$_{@$names}] }
            @entries;
        is_deeply(\@rows, \@want, 'and a row for each entry');
        is_problem($i->request('GET', "$target?format=xml"), 400,
            qr/\Aformat:/, 'other formats are refused');
    }
    return;
}

sub is_public {
    my ($i) = @_;
    for my $target ($CURRENT, $TIMETABLE) {
        my $answer = $i->request('GET', $target, undef, @PUBLIC);
        is_status($answer, 200, "$target is for all");
        unlike($answer->{content}, qr/"email"/, 'without addresses');
    }
    for (['GET', $ADMIN], ['POST', $END]) {
        is_problem($i->request(@$_, undef, @PUBLIC), 403, qr/loopback/,
            "@$_ is not");
    }
    is_status($i->request('GET', $CURRENT), 200, 'so it goes on');
    return;
}

# The end, while the next DJ plays.
sub test_end {
    my ($i, $event, $dj) = @_;
    my $set = start_set($i, dj_id => $dj);
    my $outside = new_dj($i, 'Never Drawn');
    my $answer = end_event($i);
    is_status($answer, 200, 'an event ends');
    my $ended = $answer->{json};
    is_shape($ended, 'event', 'the answer is the event');
    is($ended->{id}, $event->{id}, 'that one');
    ok(!$ended->{is_active}, 'which runs no more');
    ok($ended->{ended_at} ge $ended->{started_at}, 'with its end');
    is($ended->{$_}, undef, "and no $_") for qw(current_dj_id current_dj_name
        current_slot_started_at next_draw_at);
    is(get($i, "/api/sessions/$set")->{ended_at}, $ended->{ended_at},
        'its sets end with it');
    is_problem(end_event($i), 404, qr/no event/, 'it cannot end twice');
    is_status($i->request('GET', $CURRENT), 404, 'there is none any more');
    is_deeply(get($i, '/api/djs/pool'), { active_djs => [],
        current_dj => undef, next_dj => undef, total_count => 0 },
        'a new pool is open');
    is_status($i->request('POST', '/api/djs/register',
        { name => 'Never Drawn' }), 200, 'for everybody');
    my ($one) = @{ get($i, '/api/djs/pool')->{active_djs} };
    is($one->{id}, $outside, 'who is the same DJ as before');
    return;
}

# Who registers after the cutoff is late.
sub test_late {
    my ($i) = @_;
    new_pool($i);
    begin_event($i, started_at => rfc3339(int(time) - 3 * $HOUR));
    cmp_ok(get($i, $CURRENT)->{elapsed_minutes}, '>=', 180,
        'an event of three hours');
    my $late = new_dj($i, 'Late');
    is(get($i, $CURRENT)->{current_dj_id}, $late,
        'who registers after the cutoff has the turn');
    my $id = get($i, '/api/lottery/draws')->[1]{id};
    my ($one) = @{ get($i, "/api/lottery/draws/$id")->{participants} };
    is($one->{dj_id}, $late, 'by a draw');
    ok($one->{late}, 'as one who is late');
    cmp_ok($one->{weight_millionths}, '>=', 500_000, 'half the weight');
    cmp_ok($one->{weight_millionths}, '<=', 600_000, 'but for the waiting');
    end_event($i);
    return;
}

sub tests {
    my ($i) = @_;
    test_none($i);
    test_refused($i);
    test_planned($i);
    test_limits($i);
    test_first_draw($i);
    test_early_set($i);
    test_running($i);
    test_late($i);
    test_none($i);
    return;
}

1;
