#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# A whole night of twelve DJs, from the afternoon to the next night, by a clock
# that the test moves. Nobody asks for a draw: everybody only looks, each five
# minutes. Minutes count from the start of the event.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use Setlink::Evening;
use Setlink::Instance;
use Setlink::Night qw(start_set end_set);
use Setlink::Shape qw(is_problem);
use Test::More;
use Time::Local qw(timegm);

# Summer time ends five hours after the start, and days change at midnight.
$ENV{TZ} = 'CET-1CEST,M3.5.0,M10.5.0/3';

my $instance = Setlink::Instance->start(clock => 1);
my $night = Setlink::Evening->new($instance,
    start => timegm(0, 0, 20, 24, 9, 2026));
my $names = 'A';
my (@winners, @jokers);

sub register {
    my @minutes = @_;
    return map { $night->register($_, 'DJ ' . $names++) } @minutes;
}

# One who is in the pool and was not drawn yet.
sub somebody {
    return $night->get('/api/djs/pool')->{active_djs}[0]{id};
}

sub entry_of {
    my ($id) = @_;
    return grep { $_->{dj_id} eq $id }
        @{ $night->get('/api/event/timetable')->{entries} };
}

subtest 'the afternoon' => sub {
    my ($first, $heavy, $light) = register(-300, -240, -181);
    $night->request('PUT', "/api/djs/$heavy", { weight => 3 });
    $night->request('PUT', "/api/djs/$light", { weight => 0.01 });
    $night->plan_event;
    is_problem($instance->request('POST', '/api/event/start'), 409,
        qr/runs already, or is planned/, 'there is one night at a time');
    is($night->{event}{next_draw_at}, $night->time_of(-20),
        'the first draw is twenty minutes before');
    register(-120, -62, -45, -31, -22);
    $night->watch(-21);
    $night->drawn;
    register(-19);
    $night->watch(-18);
    push @winners, $night->drawn(-20);
    $night->next_draw(30);
    is($night->queue, "$winners[0] 0", 'the winner opens the night');
};

subtest 'the first sets' => sub {
    $night->watch(3);
    is($night->playing, "$winners[0] 0", 'the turn begins by the plan');
    my $set = start_set($instance, dj_id => $winners[0]);
    $night->watch(30);
    is($night->{event}{current_slot_progress_percent}, 50,
        'half of the slot is over');
    push @winners, $night->drawn(30);
    $night->next_draw(90);
    $night->watch(58);
    end_set($instance, $set);
    $night->watch(61);
    start_set($instance, dj_id => $winners[1]);
    $night->watch(92);
    push @winners, $night->drawn(90);
    is($night->queue, "$winners[2] 121", 'the third waits for the second');
};

subtest 'a set that runs over' => sub {
    register(100, 120);    # the last moment that is not late
    $night->watch(121);
    register(121.5);
    $night->watch(137);
    is($night->playing, "$winners[1] 60", 'the second plays on');
    is($night->queue, "$winners[2] 137", 'the third may begin at any time');
    $night->next_draw(150);
    $night->watch(143);
    my $set = start_set($instance, dj_id => $winners[2],
        end_current => JSON::PP::true);
    $night->watch(152);
    is($night->playing, "$winners[2] 120", 'the slot stays where it was');
    push @winners, $night->drawn(150);
    is($night->queue, "$winners[3] 203", 'the fourth is expected later');
    $night->watch(176);
    end_set($instance, $set);
    is($night->queue, "$winners[3] 180", 'who ends in time is made up for');
};

subtest 'a set that the host never starts' => sub {
    $night->watch(182);
    is($night->playing, "$winners[3] 180", 'the turn begins by the plan');
    is((entry_of($winners[3]))[0]{status}, 'InProgress', 'as all can see');
    $night->watch(212);
    push @winners, $night->drawn(210);
};

subtest 'skipped, and back' => sub {
    $night->watch(225);
    $night->request('POST', '/api/admin/queue/skip',
        { dj_id => $winners[4] });
    $night->watch(227);
    push @winners, $night->drawn(225);
    is($night->queue, "$winners[5] 240", 'another one takes the slot');
    $night->watch(235);
    $night->request('PUT', "/api/admin/djs/$winners[4]/position",
        { new_position => 1 });
    is($night->queue, "$winners[4] 240 $winners[5] 300", 'moved to the front');
    $night->next_draw(330);
};

subtest 'b2b' => sub {
    $night->watch(241);
    is($night->playing, "$winners[4] 240", 'the turn goes on by the plan');
    my $partner = somebody();
    push @jokers, $partner;
    $night->leaves($partner);
    my $set = $night->request('POST', '/api/admin/sessions/b2b', {
        dj_ids => [$winners[4], $partner], duration_minutes => 90 })->{id};
    is((entry_of($winners[3]))[0]{ended_at}, $night->time_of(240),
        'who had the turn before has played one slot');
    $night->watch(300);
    is($night->queue, "$winners[5] 331", 'they may play for their ninety');
    $night->watch(331);
    push @winners, $night->drawn(330);
    end_set($instance, $set);
    is($night->queue, "$winners[6] 391", 'the next one has the desk at once');
    is($night->playing, "$winners[5] 300", 'in a slot that began before');
};

subtest 'who leaves' => sub {
    $night->watch(392);
    push @winners, $night->drawn(390);
    is($night->playing, "$winners[6] 360", 'the plan is a little behind');
    $night->watch(400);
    $night->request('PUT', "/api/djs/$winners[7]",
        { is_active => JSON::PP::false });
    $night->watch(402);
    push @winners, $night->drawn(400);
    is($night->queue, "$winners[8] 451", 'another one waits instead');
    $night->next_draw(450);
};

subtest 'a special guest' => sub {
    $night->watch(425);
    my $guest = somebody();
    push @jokers, $guest;
    $night->leaves($guest);
    my $set = start_set($instance, dj_id => $guest, session_type => 'special');
    is($night->playing, "$guest 425", 'plays at once');
    $night->watch(445);
    end_set($instance, $set);
    $night->watch(452);
    is($night->playing, "$winners[8] 420", 'the next one follows');
    push @winners, $night->drawn(450);
};

subtest 'nobody is left' => sub {
    $night->next_draw(510);
    $night->watch(514);
    $night->drawn;
    is($night->{event}{next_draw_at}, undef, 'the draw waits');
    $night->request('PUT', "/api/djs/$winners[7]",
        { is_active => JSON::PP::true });
    $night->back($winners[7]);
    $night->watch(517);
    is($night->drawn(514), $winners[7], 'for who comes back');
    is((split / /, $night->queue)[-1], 565, 'after who plays');
    $night->watch(545);
};

subtest 'the end' => sub {
    my $set = start_set($instance, dj_id => $winners[7]);
    $night->watch(570);
    is(keys %{ $night->{draws} }, 11, 'eleven draws were made');
    my $event = $night->request('POST', '/api/event/end');
    is($event->{ended_at}, $night->time_of(570), 'the event has ended');
    is($night->get("/api/sessions/$set")->{ended_at}, $night->time_of(570),
        'with it the last set');
    is_problem($instance->request('GET', $_), 404, qr/no event runs/, $_)
        for qw(/api/event/current /api/event/timetable);
    is_deeply($night->get('/api/lottery/queue'), [], 'nobody waits');
    my @clocks = $instance->query('SELECT started_at, ended_at FROM events');
    is_deeply(\@clocks, [['2026-10-24 20:00:00.000000',
        '2026-10-25 05:30:00.000000']], 'the database has UTC');
};

# A week later: those who were never drawn have their jokers.
my $next = Setlink::Evening->new($instance,
    start => timegm(0, 0, 21, 31, 9, 2026),
    rule  => { jokers => \@jokers, joker => 2 });

subtest 'the next night' => sub {
    my %name = map { $_->{id} => $_->{name} } @{ $night->get('/api/djs') };
    for my $id (@jokers, @winners[0 .. 2]) {
        is($next->register(-100, $name{$id}), $id, 'a DJ is known again');
    }
    $next->register(-50, 'A new DJ');
    $next->plan_event;
    $next->watch(-17);
    $next->drawn(-20);
};

subtest 'guaranteed jokers' => sub {
    $instance->configure({ SETLINK_JOKER => 'guaranteed' });
    $next->{rule}{joker} = 0;
    my @left = grep { !$next->{out}{$_} } @jokers;
    $next->watch(300);
    my @drawn = $next->drawn(map { 30 + 60 * $_ } 0 .. 4);
    is_deeply([sort @drawn[0 .. $#left]], [sort @left], 'jokers come first');
    $next->request('POST', '/api/event/end');
};

$instance->stop;
$instance->is_clean;
done_testing();
