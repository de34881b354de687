# SPDX-License-Identifier: MIT
# HTTP tests of the routes of admins: DJs, b2b sets, statistics.
package Setlink::HttpSuite::Admin;

use strict;
use warnings;
use utf8;

use JSON::PP ();
use Setlink::Csv qw(parse_csv);
use Setlink::Http qw(write_json);
use Setlink::Night qw(new_dj new_set start_set end_set walk_pages);
use Setlink::Recordings qw(uuid_of);
use Setlink::Shape qw(is_shape is_status is_problem);
use Test::More;

my $DJS        = '/api/admin/djs';
my $B2B        = '/api/admin/sessions/b2b';
my $START      = '/api/sessions/start';
my $STATISTICS = '/api/admin/statistics';

my $NOBODY = uuid_of(4, 4);
my @PUBLIC = ('x-forwarded-for' => '192.0.2.1');
my @JSON   = ('content-type' => 'application/json');

sub get { return $_[0]->request('GET', $_[1])->{json} }

sub test_list {
    my ($i) = @_;
    $i->request('POST', '/api/djs/register', { name => 'Listed For Admins',
        email => 'l@x.example' });
    my @pages = walk_pages($i, "$DJS?limit=40");
    is_shape($pages[0], ['dj'], 'a list of DJs');
    is($pages[0][0]{email}, 'l@x.example', 'with addresses');
    is_deeply([map { $_->{id} } map { @$_ } @pages],
        [map { $_->{id} } map { @$_ } walk_pages($i, '/api/djs?limit=1000')],
        'it is the list that everybody sees');
    is_problem($i->request('GET', "$DJS?$_=x"), 400, qr/\A$_:/,
        "a wrong $_ is refused") for qw(limit cursor);
    is_status($i->request('HEAD', $DJS), 200, 'HEAD');
    return;
}

my @WRONG_CHANGES = (
    [name      => ''], [name => 7], [name => 'x' x 101], [name => "a\nb"],
    [name      => "\x{200b}"], [email => 'nobody'], [email => 1],
    [weight    => -1], [weight => 1000.5], [weight => '1'],
    [is_active => 'false'], [is_active => 0],
);

sub test_changes {
    my ($i) = @_;
    my $id = new_dj($i, 'To Be Changed');
    my $answer = $i->request('PUT', "$DJS/" . uc $id, { name => ' Changed ',
        email => 'c@x.example', weight => 0.5 });
    is_status($answer, 200, 'a DJ is changed');
    is_shape($answer->{json}, 'dj', 'the answer is the DJ');
    is_deeply([@{ $answer->{json} }{qw(name email weight)}],
        ['Changed', 'c@x.example', 0.5], 'with the new values');
    is_deeply(get($i, "/api/djs/$id"), $answer->{json}, 'which stay');
    for (@WRONG_CHANGES) {
        my $body = { @$_ };
        is_problem($i->request('PUT', "$DJS/$id", $body), 400,
            qr/\A\Q$_->[0]\E:/, 'refused: ' . write_json($body));
    }
    is_problem($i->request('PUT', "$DJS/$id", '{"weight":1,"weight":1}',
        @JSON), 400, qr/\Aweight: .*twice/, 'twice');
    new_dj($i, 'Another Name');
    is_problem($i->request('PUT', "$DJS/$id", { name => 'another name' }), 409,
        qr/\Aname:/, 'a name of somebody else');
    is_deeply(get($i, "/api/djs/$id"), $answer->{json}, 'nothing of it stays');
    is_problem($i->request('PUT', "$DJS/$NOBODY", {}), 404, qr/DJ/,
        'an unknown DJ is not changed');
    is_problem($i->request('DELETE', "$DJS/$NOBODY"), 404, qr/DJ/,
        'nor removed');
    for ('PUT', 'DELETE') {
        is_problem($i->request($_, "$DJS/$id", undef, @PUBLIC), 403,
            qr/loopback/, "$_ is for admins");
    }
    is_status($i->request('DELETE', "$DJS/$id"), 204, 'a DJ is removed');
    is_status($i->request('GET', "/api/djs/$id"), 404, 'and is gone');
    return;
}

sub start_b2b {
    my ($i, $djs, %members) = @_;
    return $i->request('POST', $B2B,
        { dj_ids => $djs, duration_minutes => 90, %members });
}

sub test_b2b {
    my ($i) = @_;
    my @names = ('One', 'Zwei', '三');
    my @djs = map { new_dj($i, "Back To Back $_") } @names;
    my $answer = start_b2b($i, [uc $djs[0], @djs[1, 2]], room => ' Keller ');
    is_status($answer, 200, 'three DJs start a set');
    my $set = $answer->{json};
    is_shape($set, 'session', 'the answer is the session');
    is($set->{session_type}, 'b2b', 'of this type');
    is($set->{room}, 'Keller', 'in its room');
    is($set->{dj_id}, $djs[0], 'of the first one');
    is($set->{dj_name}, join(' b2b ', map { "Back To Back $_" } @names),
        'by the names of all');
    is_deeply($set->{participants}, [map { { dj_id => $djs[$_],
        name => "Back To Back $names[$_]" } } 0 .. 2], 'who all take part');
    is_deeply(get($i, "/api/sessions/$set->{id}"), $set, 'it stays so');
    is(get($i, '/api/sessions/current')->{id}, $set->{id}, 'and is current');
    is_problem($i->request('POST', $START, { dj_id => $_ }), 409,
        qr/active session/, 'none of them starts another set') for @djs;
    my @others = map { new_dj($i) } 1, 2;
    for ([$djs[2], $others[0], $djs[2]], [$djs[1], $djs[1], $others[0]]) {
        my ($who, @with) = @$_;
        is_problem(start_b2b($i, \@with), 409,
            qr/\b$who has an active session/, 'nor with somebody else');
    }
    my $next = start_b2b($i, \@others, room => 'KELLER',
        end_current => JSON::PP::true());
    is_status($next, 200, 'who was refused is still free');
    my $ended = get($i, "/api/sessions/$set->{id}");
    is($ended->{ended_at}, $next->{json}{started_at},
        'the set in that room ends at this instant');
    is_deeply($ended->{participants}, $set->{participants},
        'and its participants stay');
    my $alone = start_set($i, dj_id => $djs[1]);
    end_set($i, $_) for $alone, $next->{json}{id};
    is(get($i, '/api/sessions/current'), undef, 'nobody plays any more');
    return;
}

# Who plays in a set is changed as in any other.
sub test_b2b_changes {
    my ($i) = @_;
    my @djs = map { new_dj($i) } 1 .. 4;
    my $target = '/api/sessions/' . start_b2b($i, [@djs[0, 1]])->{json}{id};
    my $other = start_b2b($i, [@djs[2, 3]])->{json}{id};
    is_problem($i->request('PUT', $target, { dj_id => $djs[3] }), 409,
        qr/\b$djs[3] has an active session/, 'nobody plays in two sets');
    is_problem($i->request('PUT', $target, { session_type => 'solo' }), 409,
        qr/\Asession_type:/, 'a set of two is not solo');
    end_set($i, $other);
    $i->request('PUT', "$DJS/$djs[3]", { is_active => JSON::PP::false() });
    is_problem($i->request('PUT', $target, { dj_id => $djs[3] }), 409,
        qr/\b$djs[3] is deactivated/, 'nor is it played by who is deactivated');
    is_deeply([map { $_->{dj_id} } @{ get($i, $target)->{participants} }],
        [@djs[0, 1]], 'none of it changed who plays');
    my $changed = $i->request('PUT', $target,
        { dj_id => $djs[2], session_type => 'special' })->{json};
    is_deeply([map { $_->{dj_id} } @{ $changed->{participants} }],
        [@djs[2, 1]], 'another takes the first place');
    is_deeply([map { $_->{dj_id} } @{ $i->request('PUT', $target,
        { dj_id => $djs[1] })->{json}{participants} }], [$djs[1]],
        'as does who was in another place');
    is_status($i->request('PUT', $target, { session_type => 'solo' }), 200,
        'and is alone then');
    end_set($i, get($i, $target)->{id});
    return;
}

my @EIGHT = map { uuid_of(3, $_) } 1 .. 8;

my %WRONG = (
    dj_ids => [undef, $NOBODY, 2, {}, [], [$NOBODY], [@EIGHT, $NOBODY],
        [$NOBODY, 'x'], [$NOBODY, ''], [$NOBODY, 1], [$NOBODY, undef],
        [$NOBODY, [$EIGHT[0]]], [$NOBODY, { id => $EIGHT[0] }],
        [$EIGHT[0], uc $EIGHT[0]], [@EIGHT[0 .. 6], $EIGHT[0]]],
    duration_minutes => [undef, 0, -1, 1441, 1.5, '60', [60],
        JSON::PP::true()],
    room        => ['', ' ', 7, 'x' x 101, "a\nb", []],
    end_current => ['true', 1, []],
);

sub test_b2b_refused {
    my ($i) = @_;
    my @djs = map { new_dj($i) } 1, 2;
    my $before = get($i, $STATISTICS);
    for my $field (sort keys %WRONG) {
        is_problem(start_b2b($i, \@EIGHT, $field => $_), 400,
            qr/\A\Q$field\E:/, "$field is refused: " . write_json($_))
            for @{ $WRONG{$field} };
    }
    my $two = write_json(\@djs);
    is_problem($i->request('POST', $B2B, $_, @JSON), 400,
        qr/\A(?:dj_ids|duration_minutes): .*twice/, 'given twice')
        for qq({"dj_ids":$two,"dj_ids":$two,"duration_minutes":1}),
            qq({"dj_ids":$two,"duration_minutes":1,"duration_minutes":1});
    is_problem($i->request('POST', $B2B, { duration_minutes => 1 }), 400,
        qr/\Adj_ids: is required/, 'without DJs');
    is_problem($i->request('POST', $B2B, { dj_ids => \@djs }), 400,
        qr/\Aduration_minutes: is required/, 'without a duration');
    is_problem(start_b2b($i, [$djs[0], $NOBODY]), 404,
        qr/no such DJ: $NOBODY/, 'with an unknown DJ');
    $i->request('PUT', "$DJS/$djs[1]", { is_active => JSON::PP::false() });
    is_problem(start_b2b($i, \@djs), 409,
        qr/\b$djs[1] is deactivated/, 'with one who is deactivated');
    is_problem($i->request('POST', $B2B, { dj_ids => \@djs,
        duration_minutes => 60 }, @PUBLIC), 403, qr/loopback/,
        'not everybody may start one');
    is(get($i, $STATISTICS)->{total_sessions}, $before->{total_sessions},
        'none of it is a set');
    return;
}

# In an event a set has its place in the timetable, as long as it was planned.
sub test_b2b_in_event {
    my ($i) = @_;
    $i->request('POST', "/api/event/$_") for qw(start end);
    my @djs = map { new_dj($i) } 1 .. 8;
    my $event = $i->request('POST', '/api/event/start')->{json};
    my $set = start_b2b($i, \@djs)->{json};
    is($set->{event_id}, $event->{id}, 'a set of eight is part of the event');
    my $timetable = get($i, '/api/event/timetable');
    is_shape($timetable, 'timetable', 'the timetable');
    my ($entry, @more) = grep { $_->{status} eq 'InProgress' }
        @{ $timetable->{entries} };
    is(scalar @more, 0, 'has one set that plays');
    is($entry->{dj_name}, $set->{dj_name}, 'with the names of all');
    is_deeply($entry->{participants}, $set->{participants}, 'and who they are');
    is($entry->{session_type}, 'b2b', 'of this type');
    is($entry->{duration_minutes}, 90, 'for the time that was planned');
    my ($first) = @{ get($i, '/api/admin/timetable') };
    is($first->{session_type}, 'b2b', 'admins see it, too');
    is_deeply(get($i, '/api/admin/queue')->{lottery_pool}, [],
        'nobody of them is drawn any more');
    is_status($i->request('POST', '/api/event/end'), 200, 'the event ends');
    is_problem($i->request('POST', '/api/sessions/end',
        { session_id => $set->{id} }), 409, qr/ended/, 'and the set');
    my $again = start_set($i, dj_id => $djs[7]);
    is(get($i, "/api/sessions/$again")->{event_id}, undef,
        'the last of them plays without an event');
    end_set($i, $again);
    return;
}

sub test_statistics {
    my ($i) = @_;
    my $before = get($i, $STATISTICS);
    is_shape($before, 'admin_statistics', 'statistics');
    is_deeply($before->{lottery_stats}, get($i, '/api/lottery/statistics'),
        'those of the lottery are the same');
    my $gone = new_dj($i);
    $i->request('PUT', "$DJS/$gone", { is_active => JSON::PP::false() });
    my $set = start_set($i);
    my $after = get($i, $STATISTICS);
    is_deeply([map { $after->{$_} - $before->{$_} }
        qw(total_djs active_djs total_sessions active_sessions)],
        [2, 1, 1, 1], 'two DJs more, one of them active, and a set');
    end_set($i, $set);
    my $json = get($i, $STATISTICS);
    my %json = (%$json, %{ delete $json->{lottery_stats} });
    delete $json{lottery_stats};
    my $answer = $i->request('GET', "$STATISTICS?format=csv");
    is_status($answer, 200, 'as CSV');
    is($answer->{headers}{'content-disposition'},
        'attachment; filename="statistics.csv"', 'as a file');
    my ($names, @rows) = parse_csv($answer->{content});
    is_deeply([sort @$names], [sort keys %json], 'with the same members');
    is(scalar @rows, 1, 'in one row');
    cmp_ok($rows[0][$_], '==', $json{ $names->[$_] }, $names->[$_])
        for 0 .. $#$names;
    is_problem($i->request('GET', "$STATISTICS?format=$_"), 400,
        qr/\Aformat:/, "format=$_ is refused") for '', 'xml', 'csv&format=csv';
    is_status($i->request('HEAD', $STATISTICS), 200, 'HEAD');
    return;
}

sub test_access {
    my ($i) = @_;
    for ($DJS, $STATISTICS, '/api/admin/queue', '/api/admin/timetable') {
        my $answer = $i->request('GET', $_, undef, @PUBLIC);
        is_problem($answer, 403, qr/loopback/, "$_ is for admins");
    }
    return;
}

sub tests {
    my ($i) = @_;
    test_list($i);
    test_changes($i);
    test_b2b($i);
    test_b2b_changes($i);
    test_b2b_refused($i);
    test_b2b_in_event($i);
    test_statistics($i);
    test_access($i);
    return;
}

1;
