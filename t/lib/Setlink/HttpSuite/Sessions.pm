# SPDX-License-Identifier: MIT
# HTTP tests of the routes of sessions.
package Setlink::HttpSuite::Sessions;

use strict;
use warnings;

use JSON::PP ();
use Setlink::Http qw(write_json);
use Setlink::Night qw(new_dj new_set start_set end_set walk_pages);
use Setlink::Recordings qw(rfc3339 uuid_of);
use Setlink::Shape qw(is_shape is_status is_problem);
use Test::More;

my $START = '/api/sessions/start';
my $END   = '/api/sessions/end';
my $HOUR  = 3600;

sub current { return $_[0]->request('GET', '/api/sessions/current')->{json} }

sub test_start_and_end {
    my ($i) = @_;
    is(current($i), undef, 'nobody plays');
    my $dj = new_dj($i, 'Starter');
    my $start = $i->request('POST', $START, { dj_id => uc $dj });
    is_status($start, 200, 'a session starts');
    is_shape($start->{json}, 'session', 'the answer is the session');
    my $id = $start->{json}{id};
    is($start->{json}{dj_id}, $dj, 'of this DJ, in lower case');
    is($start->{json}{dj_name}, 'Starter', 'by the name');
    is($start->{json}{ended_at}, undef, 'it runs');
    is($start->{json}{duration_minutes}, undef, 'without a duration');
    is($start->{json}{upload_status}, 'recording', 'and is recorded');
    is($start->{json}{session_type}, 'solo', 'solo unless told otherwise');
    is(current($i)->{id}, $id, 'it is the current one');
    is_shape(current($i), 'session', 'with all members');
    is_problem($i->request('POST', $START, { dj_id => $dj }), 409,
        qr/active session/, 'a second active session of the DJ is refused');
    my $end = $i->request('POST', $END, { session_id => $id });
    is_status($end, 200, 'it ends');
    is_shape($end->{json}, 'session', 'the answer is the session');
    is($end->{json}{duration_minutes}, 0, 'it took whole minutes');
    is($end->{json}{upload_status}, 'processing',
        'its recording is waited for');
    ok($end->{json}{ended_at} ge $end->{json}{started_at}, 'the times fit');
    is_problem($i->request('POST', $END, { session_id => $id }), 409,
        qr/ended already/, 'it cannot end twice');
    is_status($i->request('POST', $START, { dj_id => $dj }), 200,
        'the DJ can start again');
    my $again = current($i)->{id};
    is_status($i->request('POST', "$END?session_id=" . uc $again), 200,
        'a session ends by its id in the query');
    is(current($i), undef, 'nobody plays any more');
    return;
}

sub test_types_and_rooms {
    my ($i) = @_;
    for my $type (qw(solo b2b special)) {
        my $answer = $i->request('POST', $START,
            { dj_id => new_dj($i), session_type => $type, room => " $type " });
        is($answer->{json}{session_type}, $type, "a session of type $type");
        is($answer->{json}{room}, $type, 'in its room');
        end_set($i, $answer->{json}{id});
    }
    return;
}

sub test_end_current {
    my ($i) = @_;
    my $other = start_set($i, room => 'other');
    my $first = start_set($i, room => 'main');
    my $next = $i->request('POST', $START,
        { dj_id => new_dj($i), room => 'MAIN',
            end_current => JSON::PP::true() });
    is_status($next, 200, 'a session starts in place of another');
    my $ended = $i->request('GET', "/api/sessions/$first")->{json};
    is($ended->{ended_at}, $next->{json}{started_at},
        'the one in the same room ends at the same instant');
    my $kept = $i->request('GET', "/api/sessions/$other")->{json};
    is($kept->{ended_at}, undef, 'the one in another room goes on');
    my $same = $i->request('POST', $START, { dj_id => $next->{json}{dj_id},
        room => 'main', end_current => JSON::PP::true() });
    is_status($same, 200, 'a DJ can follow on himself');
    end_set($i, $_) for $other, $same->{json}{id};
    return;
}

sub test_late_entry {
    my ($i) = @_;
    my $begin = int(time) - 8 * $HOUR;
    my $answer = $i->request('POST', '/api/sessions', {
        dj_id        => new_dj($i),
        started_at   => rfc3339($begin + 0.25),
        ended_at     => rfc3339($begin + $HOUR),
        session_type => 'b2b',
        room         => 'Keller',
    });
    is_status($answer, 200, 'a session of the past is entered');
    is_shape($answer->{json}, 'session', 'the answer is the session');
    is($answer->{json}{started_at}, rfc3339($begin + 0.25), 'it starts then');
    is($answer->{json}{ended_at}, rfc3339($begin + $HOUR), 'and ends then');
    is($answer->{json}{duration_minutes}, 59, 'whole minutes are counted');
    is($answer->{json}{room}, 'Keller', 'it has a room');
    my $offset = $i->request('POST', '/api/sessions', {
        dj_id      => $answer->{json}{dj_id},
        started_at => rfc3339($begin + 2 * $HOUR) =~ s/Z\z/+02:00/r,
        ended_at   => rfc3339($begin + $HOUR),
    });
    is($offset->{json}{started_at}, rfc3339($begin), 'offsets become UTC');
    my $open = new_set($i, $begin, undef);
    is(current($i)->{id}, $open, 'one without an end runs');
    is_problem($i->request('POST', '/api/sessions', {
        dj_id      => current($i)->{dj_id},
        started_at => rfc3339($begin),
    }), 409, qr/active session/, 'and is the only one of its DJ');
    end_set($i, $open);
    return;
}

sub change {
    my ($i, $id, %members) = @_;
    return $i->request('PUT', "/api/sessions/$id", \%members);
}

sub test_change {
    my ($i) = @_;
    my $begin = int(time) - 6 * $HOUR;
    my $id = new_set($i, $begin, $begin + $HOUR);
    my $other = new_dj($i, 'The Other');
    my $answer = change($i, uc $id, dj_id => $other, session_type => 'special',
        room => 'Dach', started_at => rfc3339($begin + 60));
    is_status($answer, 200, 'a session is changed');
    is_shape($answer->{json}, 'session', 'the answer is the session');
    is($answer->{json}{dj_name}, 'The Other', 'it has another DJ');
    is($answer->{json}{session_type}, 'special', 'another type');
    is($answer->{json}{started_at}, rfc3339($begin + 60), 'another start');
    is($answer->{json}{ended_at}, rfc3339($begin + $HOUR), 'and its old end');
    is_status(change($i, $id), 200, 'a change of nothing');
    is_problem(change($i, $id, ended_at => rfc3339($begin)), 400,
        qr/\Aended_at:/, 'it cannot end before it starts');
    is_problem(change($i, uuid_of(8, 8), room => 'x'), 404, qr/session/,
        'an unknown session cannot be changed');
    is_problem(change($i, $id, dj_id => uuid_of(8, 8)), 404, qr/DJ/,
        'nor can one get an unknown DJ');
    my $one = start_set($i, dj_id => $other);
    my $two = start_set($i);
    is_problem(change($i, $two, dj_id => $other), 409, qr/active session/,
        'nor an active one a DJ who plays');
    is_problem(change($i, $two, ended_at => rfc3339(time - 60)), 400,
        qr{\Aended_at:}, "a running one cannot have ended before it began");
    end_set($i, $_) for $one, $two;
    return;
}

sub test_unknown {
    my ($i) = @_;
    my $nobody = uuid_of(7, 7);
    is_problem($i->request('POST', $START, { dj_id => $nobody }), 404,
        qr/DJ: $nobody/, 'an unknown DJ cannot start');
    is_problem($i->request('POST', '/api/sessions', { dj_id => $nobody,
        started_at => rfc3339(time - 60) }), 404, qr/DJ/, 'nor be entered');
    is_problem($i->request('POST', $END, { session_id => $nobody }), 404,
        qr/session/, 'an unknown session cannot end');
    is_problem($i->request('GET', "/api/sessions/$nobody"), 404, qr/session/,
        'an unknown session is not shown');
    is_problem($i->request('GET', "/api/sessions/$nobody/download"), 404,
        qr/session/, 'and has no link');
    $i->query('UPDATE djs SET is_active = 0 WHERE id = UNHEX(\''
        . (new_dj($i, 'Gone Away') =~ tr/-//dr) . '\')');
    my ($gone) = grep { $_->{name} eq 'Gone Away' }
        @{ $i->request('GET', '/api/djs?limit=1')->{json} };
    is_problem($i->request('POST', $START, { dj_id => $gone->{id} }), 409,
        qr/deactivated/, 'nor can a deactivated DJ start');
    return;
}

my $TIME = '2026-01-02T03:04:05Z';
my $ID   = uuid_of(6, 6);

my @WRONG = (
    ['POST', $START, dj_id => {}],
    ['POST', $START, dj_id => { dj_id => undef }],
    ['POST', $START, dj_id => { dj_id => 'x' }],
    ['POST', $START, dj_id => { dj_id => 7 }],
    ['POST', $START, dj_id => { dj_id => [$ID] }],
    ['POST', $START, session_type => { dj_id => $ID, session_type => 'SOLO' }],
    ['POST', $START, session_type => { dj_id => $ID, session_type => '' }],
    ['POST', $START, session_type => { dj_id => $ID,
        session_type => 'solo b2b' }],
    ['POST', $START, room => { dj_id => $ID, room => '' }],
    ['POST', $START, room => { dj_id => $ID, room => 'x' x 101 }],
    ['POST', $START, room => { dj_id => $ID, room => 1 }],
    ['POST', $START, end_current => { dj_id => $ID, end_current => 'true' }],
    ['POST', $START, end_current => { dj_id => $ID, end_current => 1 }],
    ['POST', $END, session_id => {}],
    ['POST', $END, session_id => { session_id => 'x' }],
    ['POST', "$END?session_id=$ID", session_id => { session_id => $ID }],
    ['POST', "$END?session_id=$ID&session_id=$ID", session_id => {}],
    ['POST', "$END?session_id=x", session_id => {}],
    ['POST', '/api/sessions', dj_id => { started_at => $TIME }],
    ['POST', '/api/sessions', started_at => { dj_id => $ID }],
    ['POST', '/api/sessions', started_at => { dj_id => $ID,
        started_at => 'yesterday' }],
    ['POST', '/api/sessions', started_at => { dj_id => $ID,
        started_at => 1_767_323_045 }],
    ['POST', '/api/sessions', started_at => { dj_id => $ID,
        started_at => '2026-02-29T00:00:00Z' }],
    ['POST', '/api/sessions', started_at => { dj_id => $ID,
        started_at => '2026-01-02T03:04:05' }],
    ['POST', '/api/sessions', started_at => { dj_id => $ID,
        started_at => '2999-01-01T00:00:00Z' }],
    ['POST', '/api/sessions', started_at => { dj_id => $ID,
        started_at => '1999-12-31T23:59:59Z' }],
    ['POST', '/api/sessions', started_at => { dj_id => $ID,
        started_at => '0001-01-01T00:00:00+23:59' }],
    ['POST', '/api/sessions', started_at => { dj_id => $ID,
        started_at => '9999-12-31T23:59:59-23:59' }],
    ['POST', '/api/sessions', ended_at => { dj_id => $ID, started_at => $TIME,
        ended_at => '2026-01-02T03:04:04.999999Z' }],
    ['POST', '/api/sessions', ended_at => { dj_id => $ID, started_at => $TIME,
        ended_at => '2999-01-01T00:00:00Z' }],
    ['POST', '/api/sessions', session_type => { dj_id => $ID,
        started_at => $TIME, session_type => 'duo' }],
    ['POST', '/api/sessions', room => { dj_id => $ID, started_at => $TIME,
        room => "a\nb" }],
    ['PUT', "/api/sessions/$ID", dj_id => { dj_id => '' }],
    ['PUT', "/api/sessions/$ID", started_at => { started_at => '' }],
    ['PUT', "/api/sessions/$ID", ended_at => { ended_at => '2026-01-02' }],
    ['PUT', "/api/sessions/$ID", session_type => { session_type => 'x' }],
    ['PUT', "/api/sessions/$ID", room => { room => ' ' }],
);

sub test_refused {
    my ($i) = @_;
    for (@WRONG) {
        my ($method, $target, $field, $body) = @$_;
        is_problem($i->request($method, $target, $body), 400,
            qr/\A\Q$field\E:/, "$field is refused: $method $target "
            . write_json($body));
    }
    return;
}

sub test_list {
    my ($i) = @_;
    my @pages = walk_pages($i, '/api/sessions?limit=4');
    my @ids = map { $_->{id} =~ tr/-//dr } map { @$_ } @pages;
    my @all = map { $_->[0] } $i->query('SELECT LOWER(HEX(id)) FROM sessions'
        . ' ORDER BY started_at DESC, id DESC');
    is_deeply(\@ids, \@all, 'the pages hold all sessions, newest first');
    is_shape($_, 'session', 'a session of the list') for @{ $pages[0] };
    my $one = $pages[0][0];
    my $shown = $i->request('GET', '/api/sessions/' . uc $one->{id});
    is_deeply($shown->{json}, $one, 'one session looks as in the list');
    return;
}

sub test_statistics {
    my ($i) = @_;
    my $before = $i->request('GET', '/api/sessions/statistics')->{json};
    is_shape($before, { total_sessions => 'int', active_sessions => 'int',
        average_duration_minutes => 'number', total_duration_hours => 'number' },
        'statistics');
    my $start = time - 9 * 24 * 3600;
    new_set($i, $start, $start + 5400);
    my $after = $i->request('GET', '/api/sessions/statistics')->{json};
    is($after->{total_sessions} - $before->{total_sessions}, 1, 'one more');
    is($after->{active_sessions}, $before->{active_sessions}, 'none active');
    cmp_ok(abs($after->{total_duration_hours} - $before->{total_duration_hours}
            - 1.5), '<', 1e-6, 'of an hour and a half');
    return;
}

sub tests {
    my ($i) = @_;
    test_start_and_end($i);
    test_types_and_rooms($i);
    test_end_current($i);
    test_late_entry($i);
    test_change($i);
    test_unknown($i);
    test_refused($i);
    test_statistics($i);
    test_list($i);
    return;
}

1;
