#!/usr/bin/perl
# Sets of a night that do not go by the plan, and the queue after them. Minutes
# count from the start of the event of each subtest.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Setlink::Evening;
use Setlink::Instance;
use Setlink::Night qw(start_set end_set);
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

$instance->stop;
$instance->is_clean;
done_testing();
