#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# What is due is done once, and as of the moment it was due: whoever asks, how
# late it is, how many ask at once, and whatever the clock does. Minutes count
# from the start of the event of each subtest.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Select;
use IO::Socket::INET;
use JSON::PP ();
use Setlink::Draw qw(wrong_draw);
use Setlink::Evening;
use Setlink::Instance;
use Setlink::Night qw(start_set end_set);
use Setlink::Recordings qw(seconds_of);
use Setlink::Shape qw(is_status is_problem);
use Test::More;
use Time::Local qw(timegm);

my @LOOKS = qw(/api/lottery/queue /api/event/timetable /api/event/current
    /api/lottery/next);

my $instance = Setlink::Instance->start(clock => 1, workers => 8);
my $start = timegm(0, 0, 20, 1, 4, 2027);
my $names = 'A';

# An event, each a few days after the last one, that is planned four hours
# before; so many DJs have registered by then.
sub evening {
    my ($djs) = @_;
    my $night = Setlink::Evening->new($instance, start => $start);
    $start += 3 * 86_400;
    $night->register(-300 + $_, 'DJ ' . $names++) for 1 .. $djs;
    $night->go(-240)->plan_event;
    return $night;
}

sub over { return $_[0]->request('POST', '/api/event/end') }

# The ids of many who register at once.
sub crowd {
    my ($night, $count) = @_;
    my @answers = $night->at_once(
        map { ['POST', '/api/djs/register', { name => 'DJ ' . $names++ }] }
            1 .. $count);
    return map { $_->{json}{id} } @answers;
}

# What is wrong with the records, oldest first.
sub wrong_records {
    my ($night) = @_;
    return map { wrong_draw($_, %{ $night->{rule} }) } $night->new_records;
}

# An event of five slots in which nobody has asked for anything.
sub unasked {
    my $night = evening(9);
    $night->register($_, 'DJ ' . $names++) for 100, 149.5, 150.5;
    return $night->go(275);
}

# That it is as if somebody had asked at any time.
sub is_in_time {
    my ($night) = @_;
    my @winners = $night->drawn(-20, 30, 90, 150, 210, 270);
    my $timetable = $night->get('/api/event/timetable');
    is_deeply([map { "$_->{dj_id} $_->{started_at}" }
            @{ $timetable->{entries} }],
        [map { "$winners[$_] " . $night->time_of(60 * $_) } 0 .. 5],
        'each has the slot that they would have had');
    is($timetable->{completed_sets}, 4, 'four turns have gone by');
    is_deeply([$night->look], [], 'all is well');
    return;
}

subtest 'nobody asks for hours, and then everybody' => sub {
    my $night = unasked();
    my @answers = $night->at_once((map { ['GET', $_] } @LOOKS) x 8);
    is(scalar(grep { $_->{status} != 200 } @answers), 0, 'all are answered');
    for my $i (0 .. $#LOOKS) {
        my %different = map { $answers[$i + @LOOKS * $_]{content} => 1 } 0 .. 7;
        is(scalar keys %different, 1, "all see the same: $LOOKS[$i]");
    }
    is_in_time($night);
    over($night);
};

subtest 'several setlink tick' => sub {
    my $night = unasked();
    my @ran = $instance->commands((['tick']) x 6);
    is(join('', map { $_->[0] } @ran), '000000', 'all go well');
    my ($draws, $turns) = (0, 0);
    for (@ran) {
        my ($drawn, $begun) = $_->[1] =~ /\A(\d+) drawn, (\d+) turns/ or next;
        $draws += $drawn;
        $turns += $begun;
    }
    is("$draws $turns", '6 5', 'together they do what is due, once');
    is_in_time($night);
    over($night);
};

# Each of these comes five minutes after a draw that nobody has asked for.
my %CHANGES = (
    'a DJ is deactivated' => sub {
        return ['PUT', "/api/djs/$_[0]", { is_active => JSON::PP::false }] },
    'a DJ weighs more' => sub {
        return ['PUT', "/api/admin/djs/$_[0]", { weight => 5 }] },
    'a DJ is removed' => sub { return ['DELETE', "/api/djs/$_[0]"] },
    'a DJ is skipped' => sub { return ['POST', '/api/admin/queue/skip'] },
    'a round begins' => sub { return ['POST', '/api/lottery/reset'] },
    'a set is started' => sub {
        return ['POST', '/api/sessions/start', { dj_id => $_[0] }] },
    'a b2b is started' => sub {
        return ['POST', '/api/admin/sessions/b2b', {
            dj_ids => [@_[0, 1]], duration_minutes => 60 }] },
    'the event ends' => sub { return ['POST', '/api/event/end'] },
    'a draw by hand' => sub { return ['POST', '/api/lottery/draw'] },
);

for my $change (sort keys %CHANGES) {
    subtest "before $change" => sub {
        my $night = evening(4);
        $night->go(-18)->get('/api/lottery/queue');
        my $first = $night->drawn(-20);
        my @others = grep { $_ ne $first } keys %{ $night->{registered} };
        $night->go(35)->request(@{ $CHANGES{$change}->(@others) });
        $night->drawn(30);
        is((grep { $_->{own_weight} != 1 }
            map { @{ $_->{participants} } } values %{ $night->{draws} }), 0,
            'with the weights of then');
        over($night) if $change !~ /event/;
    };
}

subtest 'before the queue is emptied' => sub {
    my $night = evening(4);
    $night->go(35)->request('POST', '/api/admin/queue/reset');
    is_deeply([map { $_->{due_at} } $night->new_records],
        [map { $night->time_of($_) } -20, 30, 35],
        'then the place is to be filled again');
    over($night);
};

subtest 'before a DJ is moved' => sub {
    my $night = evening(4);
    $night->go(35);
    my ($first) = map { $_->{json}{id} } $instance->request('PUT',
        '/api/admin/djs/' . (keys %{ $night->{registered} })[0] . '/position',
        { new_position => 1 });
    my @winners = $night->drawn(-20, 30);
    is_problem($instance->request('PUT',
        "/api/admin/djs/$winners[0]/position", { new_position => 1 }), 409,
        qr/not in the queue/, 'the first has begun to play meanwhile');
    over($night);
};

subtest 'nobody is in the pool' => sub {
    my $night = evening(0);
    $night->watch(5);
    my $first = $night->register(7, 'The first');
    $night->register(8, 'The second');
    $night->leaves(my $third = $night->register(9, 'The third'));
    $night->request('PUT', "/api/djs/$third",
        { is_active => JSON::PP::false });
    $night->watch(12);
    is($night->drawn(7), $first, 'the first who comes is drawn');
    is($night->playing, "$first 7", 'and plays at once');
    $night->watch(40);
    $night->drawn(37);
    my $late = $night->watch(195) && $night->register(197, 'Late');
    $night->watch(200);
    is($night->drawn(197), $late, 'whoever comes later is drawn then');
    is($night->playing, "$late 197", 'and plays at once');
    $night->next_draw(227);
    over($night);
};

# What is wrong with answers while the clock is.
sub negative {
    my ($night) = @_;
    my $event = $night->get('/api/event/current');
    my $timetable = $night->get('/api/event/timetable');
    return grep { $_ < 0 } @{$event}{qw(elapsed_minutes
        current_slot_progress_percent)},
        map { $_->{duration_minutes},
            seconds_of($_->{ended_at} // $_->{started_at})
            - seconds_of($_->{started_at}) } @{ $timetable->{entries} };
}

subtest 'a clock that is set back' => sub {
    my $night = evening(5);
    $night->watch(35);
    my ($first, $second) = $night->drawn(-20, 30);
    my $set = start_set($instance, dj_id => $first);
    $night->go(-25);
    is_deeply([negative($night)], [], 'nothing is negative');
    is((split / /, $night->queue)[0], $second, 'who waits goes on waiting');
    $night->register(-24, 'In the wrong hour');
    end_set($instance, $set);
    is_deeply([negative($night)], [], 'nor after the set has ended');
    $night->drawn;
    $night->go(40);
    is_deeply([$night->look], [], 'all is well when the clock is right');
    $night->drawn;
    is($night->queue, "$second 60", 'nothing is undone');
    $night->watch(95);
    $night->drawn(90);
    over($night);
};

subtest 'a database that can only be read' => sub {
    my $night = evening(5);
    $night->watch(-15);
    my $first = $night->drawn(-20);
    $instance->query('SET GLOBAL read_only = 1');
    $instance->mark;
    $night->go(35);
    is_status($instance->request('GET', $_), 200, "$_ is answered")
        for @LOOKS, '/api/djs/pool', '/api/admin/queue';
    is((split / /, $night->queue)[0], $first, 'with what is there');
    like($instance->since_mark, qr/event=not_done/, 'which is logged');
    is_problem($instance->request('POST', '/api/lottery/draw'), 503,
        qr/is read-only/, 'nothing can be done');
    $instance->query('SET GLOBAL read_only = 0');
    $night->go(40);
    is_deeply([$night->look], [], 'then all is well');
    $night->drawn(30);
    over($night);
};

# As a backup does it.
subtest 'a database that is locked' => sub {
    my $night = evening(5);
    $night->watch(-15);
    my $first = $night->drawn(-20);
    my $lock = $instance->{database}->connect('setlink');
    $lock->query('FLUSH TABLES WITH READ LOCK');
    $night->go(35);
    my $queue = $night->get('/api/lottery/queue');
    is($queue->[0]{id}, $first, 'the queue is answered with what is there');
    $lock->query('UNLOCK TABLES');
    $lock->disconnect;
    is_deeply([$night->look], [], 'then all is well');
    $night->drawn(30);
    over($night);
};

subtest 'sets that nobody ends' => sub {
    my $night = evening(2);
    my $dj = $night->register(-240, 'Plays before');
    my $other = start_set($instance, dj_id => $dj);
    $night->request('DELETE', "/api/djs/$dj");
    $night->leaves($dj);
    $night->watch(32);
    my ($first, $second) = $night->drawn(-20, 30);
    my $set = start_set($instance, dj_id => $first);
    $night->go(32 + 719)->get('/api/lottery/queue');
    is($night->get("/api/sessions/$other")->{ended_at}, $night->time_of(480),
        'a set is ended twelve hours after it began');
    is($night->get("/api/sessions/$set")->{ended_at}, undef, 'but no earlier');
    $night->go(32 + 721)->get('/api/lottery/queue');
    is($night->get("/api/sessions/$set")->{ended_at}, $night->time_of(752),
        'in an event, too');
    is_deeply([$night->look], [], 'the next one follows');
    is($night->playing, "$second 60", 'at once');
    over($night);
};

# Whether something waits for a lock of the database.
sub waits {
    my ($row) = $instance->query('SELECT COUNT(*) FROM'
        . ' information_schema.innodb_trx WHERE trx_state = "LOCK WAIT"');
    return $row->[0] > 0;
}

# A registration while another transaction ends the event: `setlink` sees it
# as if it had come from another machine.
subtest 'who registers while the event ends' => sub {
    my $night = evening(1);
    my $end = $instance->{database}->connect('setlink');
    $end->query($_) for 'BEGIN', 'UPDATE pools SET open_mark = NULL',
        'INSERT INTO pools (id, open_mark, opened_at)'
        . ' VALUES (UNHEX(REPEAT("ab", 16)), 1, UTC_TIMESTAMP())',
        'UPDATE events SET open_mark = NULL, ended_at = started_at'
        . ' WHERE open_mark = 1';
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $instance->port) // die "no connection\n";
    my $select = IO::Select->new($socket);
    print {$socket} $instance->text('POST', '/api/djs/register',
        { name => 'At the last moment' });
    1 until waits() || $select->can_read(0.05);
    $night->go(-200);
    $end->query('COMMIT');
    $end->disconnect;
    like(scalar <$socket>, qr/ 200 /, 'is registered');
    is_deeply([map { $_->{registered_at} }
            @{ $night->get('/api/djs/pool')->{active_djs} }],
        [$night->time_of(-200)], 'for the next one, and after the end');
};

subtest 'sixty-four draws at once' => sub {
    my $night = evening(1);
    crowd($night, 70);
    $night->watch(0);
    my @answers = $night->at_once((['POST', '/api/lottery/draw']) x 64);
    is(scalar(grep { $_->{status} != 200 } @answers), 0, 'all are answered');
    my %seen = map { $_->{json}{winner}{id} => 1 } @answers;
    is(scalar keys %seen, 64, 'each of them has another winner');
    is_deeply([wrong_records($night)], [], 'by the rules');
    is_deeply([sort { $a <=> $b } keys %{ $night->{draws} }], [1 .. 65],
        'the numbers have no gap');
    my $queue = $night->get('/api/lottery/queue');
    is_deeply([map { "$_->{position_in_queue} $_->{estimated_time}" } @$queue],
        [map { "$_ " . $night->time_of(60 * $_) } 1 .. 64],
        'each has another place and slot');
    over($night);
};

subtest 'a clock that jumps ahead' => sub {
    my $night = evening(1);
    crowd($night, 69);
    $night->watch(3);
    is(() = $night->new_records, 1, 'the first was drawn');
    $night->go(366 * 1440);
    my @made = map { is_status($instance->request('GET', '/api/lottery/queue'),
        200, 'an answer'); scalar(() = $night->new_records) } 1 .. 3;
    is("@made", '64 5 0', 'no request does more than it can');
    is_deeply([$night->look], [], 'all is well');
    $night->watch(366 * 1440 + 7);
    my $new = $night->register(366 * 1440 + 8, 'A year later');
    $night->watch(366 * 1440 + 13);
    is($night->playing, "$new " . (366 * 1440 + 8), 'the night goes on');
    over($night);
};

$instance->stop;
$instance->is_clean;
done_testing();
