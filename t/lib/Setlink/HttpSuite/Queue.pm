# SPDX-License-Identifier: MIT
# HTTP tests of the routes of the pool, the lottery and the queue.
package Setlink::HttpSuite::Queue;

use strict;
use warnings;

use JSON::PP ();
use Setlink::Http qw(write_json);
use Setlink::Night qw(new_dj start_set end_set);
use Setlink::Recordings qw(uuid_of);
use Setlink::Shape qw(is_shape is_status is_problem);
use Test::More;

my $POOL  = '/api/djs/pool';
my $QUEUE = '/api/lottery/queue';
my $NEXT  = '/api/lottery/next';
my $DRAW  = '/api/lottery/draw';
my $ADMIN = '/api/admin/queue';
my $SKIP  = '/api/admin/queue/skip';
my $EMPTY = '/api/admin/queue/reset';

my $NOBODY = uuid_of(5, 5);
my @PUBLIC = ('x-forwarded-for' => '192.0.2.1');
my @JSON   = ('content-type' => 'application/json');

sub get { return $_[0]->request('GET', $_[1])->{json} }

# The ids of DJs of an answer.
sub ids { return [map { $_->{id} } @{ $_[0] }] }

# A pool without anybody.
sub new_pool {
    my ($i) = @_;
    $i->request('POST', "/api/event/$_") for qw(start end);
    return;
}

sub draw { return $_[0]->request('POST', $DRAW)->{json}{winner}{id} }

sub skip_dj {
    my ($i, $dj, @headers) = @_;
    return $i->request('POST', $SKIP, defined $dj ? { dj_id => $dj } : undef,
        @headers);
}

sub move {
    my ($i, $dj, $to, @headers) = @_;
    return $i->request('PUT', "/api/admin/djs/$dj/position",
        { new_position => $to }, @headers);
}

sub test_nobody {
    my ($i) = @_;
    new_pool($i);
    is_deeply(get($i, $POOL), { active_djs => [], current_dj => undef,
        next_dj => undef, total_count => 0 }, 'the pool is empty');
    my $draw = $i->request('POST', $DRAW);
    is_status($draw, 200, 'a draw of nobody');
    is($draw->{json}, undef, 'is null');
    is(get($i, $NEXT), undef, 'nobody is next');
    is_deeply(get($i, $QUEUE), [], 'nobody waits');
    is_problem(skip_dj($i), 409, qr/nobody/, 'nobody can be skipped');
    my $empty = $i->request('POST', $EMPTY);
    is_status($empty, 200, 'an empty queue is emptied');
    is_deeply($empty->{json}, [], 'the answer is the queue');
    return;
}

# Draws until nobody is left: returns who was drawn, in order.
sub test_draws {
    my ($i) = @_;
    my @djs = map { new_dj($i, "In The Pool $_") } 1 .. 4;
    my $pool = get($i, $POOL);
    is_shape($pool, 'pool', 'the pool');
    is_deeply([sort @{ ids($pool->{active_djs}) }], [sort @djs],
        'has all DJs');
    is($pool->{total_count}, 4, 'and their number');
    my $answer = $i->request('POST', $DRAW);
    is_status($answer, 200, 'one of them is drawn');
    my $draw = $answer->{json};
    is_shape($draw, 'draw', 'the answer is the draw');
    is(scalar @{ $draw->{participants} }, 4, 'of all');
    is($draw->{winner}{position_in_queue}, 1, 'the winner waits');
    is($draw->{winner}{estimated_time}, undef, 'nobody knows until when');
    my $record = get($i, "/api/lottery/draws/$draw->{draw_id}");
    is_shape($record, 'draw_record', 'there is a record');
    is($record->{winner}{dj_id}, $draw->{winner}{id}, 'with the winner');
    is_problem($i->request('GET', "/api/lottery/draws/$NOBODY"), 404,
        qr/no such draw/, 'but none of a draw that was not made');
    is_shape(get($i, '/api/lottery/draws'), ['draw_record'], 'and a list');
    is_shape(get($i, '/api/lottery/statistics'), 'lottery_statistics',
        'and statistics');
    my @order = ($draw->{winner}{id}, map { draw($i) } 1 .. 3);
    is_deeply([sort @order], [sort @djs], 'each is drawn once');
    is($i->request('POST', $DRAW)->{json}, undef, 'then nobody is left');
    my $queue = $i->request('GET', $QUEUE)->{json};
    is_shape($queue, ['dj'], 'the queue');
    is_deeply(ids($queue), \@order, 'has them in their order');
    is_deeply([map { $_->{position_in_queue} } @$queue], [1 .. 4],
        'and their places');
    is(get($i, $NEXT)->{id}, $order[0], 'the first is next');
    return @order;
}

my @NO_POSITIONS = (undef, 0, -1, 1001, 1.5, '1', [1], {}, JSON::PP::true());

sub test_moves {
    my ($i, @order) = @_;
    my $answer = move($i, uc $order[3], 1);
    is_status($answer, 200, 'the last one becomes the first');
    is_shape($answer->{json}, 'dj', 'the answer is the DJ');
    is($answer->{json}{position_in_queue}, 1, 'at the new place');
    @order = @order[3, 0 .. 2];
    is_deeply(ids(get($i, $QUEUE)), \@order, 'the others move up');
    is_status(move($i, $order[0], 2), 200, 'to the middle');
    @order = @order[1, 0, 2, 3];
    is_deeply(ids(get($i, $QUEUE)), \@order, 'past one of them');
    is(move($i, $order[0], 1000)->{json}{position_in_queue}, 4,
        'behind the end is the end');
    @order = @order[1 .. 3, 0];
    is_status(move($i, $order[1], 2), 200, 'to where one is already');
    is_deeply(ids(get($i, $QUEUE)), \@order, 'is no change');
    for (@NO_POSITIONS) {
        is_problem(move($i, $order[0], $_), 400, qr/\Anew_position:/,
            'refused: ' . write_json($_));
    }
    my $target = "/api/admin/djs/$order[0]/position";
    is_problem($i->request('PUT', "$target?new_position=1"), 400,
        qr/\Anew_position:/, 'the query is not the place');
    is_problem($i->request('PUT', $target,
        '{"new_position":1,"new_position":2}', @JSON), 400,
        qr/\Anew_position: .*twice/, 'two places');
    is_problem(move($i, $NOBODY, 1), 404, qr/DJ/, 'an unknown DJ');
    is_problem(move($i, new_dj($i), 1), 409, qr/not in the queue/,
        'one who does not wait');
    is_problem(move($i, $order[0], 4, @PUBLIC), 403, qr/loopback/,
        'not everybody may move DJs');
    is_deeply(ids(get($i, $QUEUE)), \@order, 'none of it moved anybody');
    return @order;
}

sub test_skips {
    my ($i, @order) = @_;
    for ("$SKIP?dj_id=", "$SKIP?dj_id=x",
        "$SKIP?dj_id=$order[0]&dj_id=$order[0]") {
        is_problem($i->request('POST', $_), 400, qr/\Adj_id:/, "$_ is refused");
    }
    for ('x', 7, [$order[0]], '') {
        is_problem(skip_dj($i, $_), 400, qr/\Adj_id:/,
            'refused: ' . write_json($_));
    }
    is_problem($i->request('POST', "$SKIP?dj_id=$order[0]",
        { dj_id => $order[0] }), 400, qr/\Adj_id: .*twice/, 'in two places');
    is_problem(skip_dj($i, $NOBODY), 404, qr/DJ/, 'an unknown DJ');
    is_problem(skip_dj($i, new_dj($i)), 409, qr/not in the queue/,
        'one who does not wait');
    is_problem(skip_dj($i, undef, @PUBLIC), 403, qr/loopback/,
        'not everybody may skip DJs');
    is_deeply(ids(get($i, $QUEUE)), \@order, 'none of it skipped anybody');
    my $answer = skip_dj($i);
    is_status($answer, 200, 'the first one is skipped');
    is_shape($answer->{json}, ['dj'], 'the answer is the queue');
    is_deeply(ids($answer->{json}), [@order[1 .. 3]], 'without the DJ');
    is_deeply(ids(skip_dj($i, uc $order[2])->{json}), [@order[1, 3]],
        'and another');
    is_deeply(ids($i->request('POST', "$SKIP?dj_id=$order[3]")->{json}),
        [$order[1]], 'by the query');
    is_problem(skip_dj($i, $order[2]), 409, qr/not in the queue/,
        'one is skipped once');
    my %pool = map { $_ => 1 } @{ ids(get($i, $POOL)->{active_djs}) };
    is(scalar(grep { $pool{$_} } @order), 0, 'they are not drawn again');
    is(move($i, $order[2], 1)->{json}{position_in_queue}, 1,
        'one is brought back');
    is_deeply(ids(get($i, $QUEUE)), [@order[2, 1]], 'to the front');
    return @order[2, 1];
}

# Who has left the queue, and comes back.
sub test_deactivated {
    my ($i, $first, $second) = @_;
    $i->request('PUT', "/api/admin/djs/$first",
        { is_active => JSON::PP::false() });
    is_deeply(ids(get($i, $QUEUE)), [$second],
        'who is deactivated leaves the queue');
    is_problem(move($i, $first, 1), 409, qr/not in the queue/,
        'and is not brought back');
    skip_dj($i, $second);
    $i->request('PUT', "/api/admin/djs/$second",
        { is_active => JSON::PP::false() });
    is_problem(move($i, $second, 1), 409, qr/not in the queue/,
        'nor is one who was skipped before');
    $i->request('PUT', "/api/admin/djs/$_", { is_active => JSON::PP::true() })
        for $first, $second;
    is_status(move($i, $second, 1), 200, 'who is active again is');
    my %pool = map { $_ => 1 } @{ ids(get($i, $POOL)->{active_djs}) };
    ok($pool{$first}, 'who waited can be drawn again');
    is_status($i->request('DELETE', "/api/admin/djs/$second"), 204,
        'who was drawn is removed');
    is_deeply(ids(get($i, $QUEUE)), [], 'and waits no more');
    return;
}

sub test_resets {
    my ($i) = @_;
    new_pool($i);
    my @djs = map { new_dj($i) } 1 .. 3;
    my @order = map { draw($i) } 1 .. 2;
    my $admin = $i->request('GET', $ADMIN);
    is_status($admin, 200, 'admins see the queue');
    is_shape($admin->{json}, 'admin_queue', 'with the pool and statistics');
    is_deeply(ids($admin->{json}{current_queue}), \@order, 'who waits');
    is_deeply([sort @order, @{ ids($admin->{json}{lottery_pool}) }],
        [sort @djs], 'and who can be drawn');
    is_deeply($admin->{json}{statistics}, get($i, '/api/lottery/statistics'),
        'the statistics are those of the lottery');
    is_status($i->request('HEAD', $ADMIN), 200, 'HEAD');
    for (['GET', $ADMIN], ['POST', $EMPTY], ['POST', '/api/lottery/reset'],
        ['POST', $DRAW]) {
        is_problem($i->request(@$_, undef, @PUBLIC), 403, qr/loopback/,
            "@$_ is for admins");
    }
    skip_dj($i, $order[0]);
    my $empty = $i->request('POST', $EMPTY);
    is_status($empty, 200, 'the queue is emptied');
    is_deeply($empty->{json}, [], 'and the answer');
    is_deeply([sort @{ ids(get($i, $POOL)->{active_djs}) }],
        [sort grep { $_ ne $order[0] } @djs],
        'who waited can be drawn again, not who was skipped');
    my $reset = $i->request('POST', '/api/lottery/reset');
    is_status($reset, 200, 'a new round');
    is_shape($reset->{json}, { success => 'bool', message => 'string' },
        'which the answer tells');
    is(get($i, $POOL)->{total_count}, 3, 'all can be drawn');
    cmp_ok(get($i, '/api/lottery/statistics')->{total_draws}, '>=', 2,
        'the draws stay');
    return;
}

# In an event the turns have times, and one who plays is not skipped.
sub test_event {
    my ($i) = @_;
    new_pool($i);
    new_dj($i) for 1 .. 3;
    my $event = $i->request('POST', '/api/event/start')->{json};
    my @order = ($event->{current_dj_id}, map { draw($i) } 1 .. 2);
    is_deeply(ids(get($i, $QUEUE)), [@order[1, 2]], 'two wait');
    is(get($i, $POOL)->{current_dj}{id}, $order[0], 'one has the turn');
    is(get($i, $POOL)->{next_dj}{id}, $order[1], 'one is next');
    is_shape(get($i, $POOL), 'pool', 'the pool has them all');
    my $list = get($i, "/api/djs/$order[1]");
    ok($list->{estimated_time} gt $event->{started_at}, 'with an estimate');
    is($list->{position_in_queue}, 1, 'and a place');
    my $before = get($i, $QUEUE);
    my $moved = move($i, $order[2], 1)->{json};
    is($moved->{estimated_time}, $before->[0]{estimated_time},
        'who moves up has the earlier time');
    is_problem(move($i, $order[0], 1), 409, qr/not in the queue/,
        'who has the turn does not wait');
    is_deeply(ids(skip_dj($i)->{json}), [$order[1]],
        'who had the turn is skipped, and the next one has it');
    is(get($i, $POOL)->{current_dj}{id}, $order[2], 'at once');
    my $set = start_set($i, dj_id => $order[2]);
    is_problem(skip_dj($i, $order[2]), 409, qr/not in the queue/,
        'who plays is not skipped');
    is_deeply(ids(skip_dj($i)->{json}), [], 'but who waits');
    is_problem(skip_dj($i), 409, qr/nobody/, 'then nobody is left');
    end_set($i, $set);
    is_status($i->request('POST', '/api/event/end'), 200, 'the event ends');
    is_problem(move($i, $order[1], 1), 409, qr/not in the queue/,
        'and with it its queue');
    return;
}

# Others see who waits, but no address.
sub test_public {
    my ($i) = @_;
    $i->request('POST', '/api/djs/register',
        { name => 'With Address', email => 'w@x.example' });
    draw($i);
    for my $target ($POOL, $QUEUE, $NEXT) {
        my $answer = $i->request('GET', $target, undef, @PUBLIC);
        is_status($answer, 200, "$target is for all");
        unlike($answer->{content}, qr/x\.example/, 'without addresses');
        like($i->request('GET', $target)->{content}, qr/w\@x\.example/,
            'which admins see');
        is_status($i->request('HEAD', $target), 200, 'HEAD');
    }
    return;
}

# What the database should not hold is no reason for more than an answer.
sub test_broken {
    my ($i) = @_;
    new_pool($i);
    new_dj($i, 'In A Broken Pool');
    my $prepared = 'UPDATE draws w JOIN pools p ON p.id = w.pool_id'
        . ' AND p.open_mark = 1 SET w.seed = %s WHERE w.drawn_at IS NULL';
    $i->query(sprintf $prepared, "CONCAT('x', SUBSTR(w.seed, 2))");
    is_problem($i->request('POST', $DRAW), 500, qr/draw/, 'a broken draw');
    is(get($i, $POOL)->{total_count}, 1, 'draws nobody');
    $i->query(sprintf $prepared, "CONCAT('0', SUBSTR(w.seed, 2))");
    is(draw($i), get($i, $NEXT)->{id}, 'a right one does');
    my ($row) = $i->query('SELECT HEX(id) FROM pools WHERE open_mark = 1');
    $i->query('UPDATE pools SET open_mark = NULL');
    for (['POST', $DRAW], ['POST', $SKIP], ['POST', $EMPTY], ['GET', $POOL],
        ['GET', $QUEUE], ['POST', '/api/event/start'],
        ['POST', '/api/djs/register', { name => 'Without A Pool' }]) {
        is_problem($i->request(@$_), 500, qr/pool/, "@$_[0, 1] without a pool");
    }
    $i->query("UPDATE pools SET open_mark = 1 WHERE id = UNHEX('$row->[0]')");
    is(scalar @{ get($i, $QUEUE) }, 1, 'with the pool all is as before');
    return;
}

sub tests {
    my ($i) = @_;
    test_nobody($i);
    my @order = test_draws($i);
    @order = test_moves($i, @order);
    test_deactivated($i, test_skips($i, @order));
    test_resets($i);
    test_event($i);
    test_public($i);
    test_broken($i);
    return;
}

1;
