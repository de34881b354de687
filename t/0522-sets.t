#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# Sets of a night that do not go by the plan, and the queue after them. Minutes
# count from the start of the event of each subtest.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Setlink::Evening;
use Setlink::Instance;
use JSON::PP ();
use Setlink::Night qw(start_set end_set);
use Setlink::Recordings qw(seconds_of);
use Setlink::Shape qw(is_problem);
use Test::More;
use Time::Local qw(timegm);

my $instance = Setlink::Instance->start(clock => 1);
my $start = timegm(0, 0, 20, 1, 4, 2027);
my $names = 'A';

# An event, each a few days after the last one, half an hour after its start;
# returns the first winner and the second one, too.
sub evening {
    my $night = Setlink::Evening->new($instance, start => $start);
    $start += 3 * 86_400;
    $night->register(-300 + $_, 'DJ ' . $names++) for 1 .. 4;
    $night->go(-240)->plan_event;
    $night->watch(35);
    return ($night, $night->drawn(-20, 30));
}

sub over { return $_[0]->request('POST', '/api/event/end') }

# The ids of those who can be drawn.
sub pool {
    my ($night) = @_;
    return map { $_->{id} } @{ $night->get('/api/djs/pool')->{active_djs} };
}

sub change {
    my ($night, $set, %members) = @_;
    $night->request('PUT', "/api/sessions/$set", \%members);
    is_deeply([$night->look], [], 'all is well');
    return;
}

# One who has played plays again: there is no place in the queue for it.
subtest 'a turn waits for every set' => sub {
    my ($night, $first, $second) = evening();
    end_set($instance, start_set($instance, dj_id => $first));
    $night->watch(50);
    my $again = start_set($instance, dj_id => $first);
    $night->watch(75);
    end_set($instance, $again);
    is_deeply([$night->look], [], 'all is well');
    my ($entry) = grep { $_->{dj_id} eq $second }
        @{ $night->get('/api/event/timetable')->{entries} };
    is($entry->{started_at}, $night->time_of(75), 'it begins after that');
    over($night);
};

subtest 'a set of another DJ than it was said' => sub {
    my ($night, $first, $second) = evening();
    my ($wrong) = pool($night);
    $night->watch(61);
    my $set = start_set($instance, dj_id => $wrong);
    $night->go(63);
    change($night, $set, dj_id => $second);
    is($night->queue, '', 'who plays does not wait');
    is($night->playing, "$second 60", 'but has the slot');
    is(scalar(grep { $_ eq $wrong } pool($night)), 1,
        'who did not play can be drawn');
    change($night, $set, dj_id => $first);
    is($night->queue, "$second 121", 'who was drawn waits again');
    change($night, $set, dj_id => $second);
    end_set($instance, $set);
    $night->watch(92);
    $night->drawn(90);
    over($night);
};

subtest 'corrected after the night' => sub {
    my ($night, $first, $second) = evening();
    $night->watch(61);
    my $set = start_set($instance, dj_id => $second);
    over($night);
    $night->request('PUT', "/api/sessions/$set", { dj_id => $first });
    is_deeply($night->get('/api/lottery/queue'), [], 'nobody waits for it');
    is($night->get("/api/sessions/$set")->{dj_id}, $first, 'it is changed');
};

subtest 'the end while the clock is set back' => sub {
    my ($night, $first, $second) = evening();
    my $set = start_set($instance, dj_id => $first);
    my $event = over($night->go(-25));
    is($event->{ended_at}, $night->time_of(0), 'it does not end before it began');
    is($night->get("/api/sessions/$set")->{ended_at}, $night->time_of(35),
        'nor does a set');
    is_problem($instance->request('GET', '/api/event/current'), 404,
        qr/no event/, 'it is over');
    is(scalar(pool($night)), 0, 'another pool is open');
};

# The sets of a DJ in the event, each as begin and end.
sub sets_of {
    my ($night, $dj) = @_;
    return join ', ', map { "$_->[0]-$_->[1]" } sort { $a->[0] <=> $b->[0] }
        map { [map { defined ? (seconds_of($_) - $night->{start}) / 60 : '' }
                @$_{qw(started_at ended_at)}] }
        grep { $_->{dj_id} eq $dj } @{ $night->get('/api/sessions?limit=20') };
}

subtest 'a turn that nobody started a set for' => sub {
    my ($night, $first, $second) = evening();
    is(sets_of($night, $first), '', 'is none while it lasts');
    $night->watch(65);
    is(sets_of($night, $first), '0-60', 'is one afterwards');
    my ($other) = pool($night);
    my $set = start_set($instance, dj_id => $other);
    is_deeply([$night->look], [], 'all is well');
    is(sets_of($night, $second), '', 'but not one of five minutes');
    my @entries = @{ $night->get('/api/event/timetable')->{entries} };
    is(join(' ', map { $_->{status} } grep { $_->{dj_id} eq $second }
        @entries), 'Completed', 'which the timetable tells all the same');
    end_set($instance, $set);
    over($night);
};

subtest 'the turn in which the event ends' => sub {
    my ($night, $first) = evening();
    $night->go(50);
    over($night);
    is(sets_of($night, $first), '0-50', 'is a set, too');
};

# A small evening without an event yet.
sub few {
    my ($count) = @_;
    my $night = Setlink::Evening->new($instance, start => $start);
    $start += 6 * 86_400;
    my @djs = map { $night->register(-300 + $_, 'DJ ' . $names++) } 1 .. $count;
    return ($night, @djs);
}

subtest 'a turn that nobody ends' => sub {
    my ($night, $dj) = few(1);
    $night->go(-240)->plan_event;
    $night->go(3 * 1440);
    over($night);
    is(sets_of($night, $dj), '0-720', 'is a set of twelve hours');
};

subtest 'who did not play after all' => sub {
    my ($night) = few(2);
    $night->go(-240)->plan_event;
    $night->watch(5);
    my $first = $night->drawn(-20);
    my ($wrong) = pool($night);
    $night->go(25);
    my $set = start_set($instance, dj_id => $wrong);
    $night->go(50);
    change($night, $set, dj_id => $first);
    is($night->drawn(50), $wrong, 'is in no draw that was due before');
    $night->request('PUT', "/api/djs/$first",
        { is_active => JSON::PP::false() });
    $night->request('PUT', "/api/sessions/$set", { dj_id => $wrong });
    is($night->queue, '', 'and does not wait when deactivated');
    over($night);
};

subtest 'a set that nobody has ended for two days' => sub {
    my ($night, @djs) = few(2);
    $night->go(-290);
    my $set = start_set($instance, dj_id => $djs[0]);
    $night->go(2880);
    my $event = $night->request('POST', '/api/event/start', {});
    is($night->get("/api/sessions/$set")->{event_id}, undef,
        'is no part of an event that starts then');
    over($night);
};

subtest 'a set that runs when the event starts' => sub {
    my $night = Setlink::Evening->new($instance, start => $start);
    $start += 3 * 86_400;
    $night->register(-300 + $_, 'DJ ' . $names++) for 1 .. 2;
    $night->go(-10);
    my ($playing) = pool($night);
    my $set = start_set($instance, dj_id => $playing);
    $night->go(5);
    my $event = $night->request('POST', '/api/event/start', {});
    is($event->{current_dj_id}, $playing, 'has the desk');
    is($night->get("/api/sessions/$set")->{event_id}, $event->{id},
        'and is part of it');
    isnt($night->get('/api/lottery/queue')->[0]{id}, $playing,
        'somebody else is drawn');
    $night->go(20);
    over($night);
    isnt($night->get("/api/sessions/$set")->{ended_at}, undef,
        'it ends with it');
};

subtest 'a set that is entered later' => sub {
    my ($night, $first, $second) = evening();
    my ($other) = pool($night);
    $night->request('PUT', "/api/djs/$other", { is_active => JSON::PP::false() });
    for my $dj ($second, $other) {
        my $set = $night->request('POST', '/api/sessions', { dj_id => $dj,
            started_at => $night->time_of(2), ended_at => $night->time_of(9) });
        is($set->{dj_id}, $dj, 'of one who waits, or has gone home');
    }
    is($night->queue, "$second 60", 'leaves the place in the queue');
    over($night);
};

$instance->stop;
$instance->is_clean;
done_testing();
