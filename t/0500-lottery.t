#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# The lottery: draws, their records, the queue, many draws at once.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::SHA qw(sha256_hex);
use File::Temp ();
use JSON::PP ();
use Setlink::Draw qw(winner_of);
use Setlink::Instance;
use Setlink::Night qw(new_dj start_set end_set);
use Setlink::Shape qw(is_shape is_status is_problem shape_of);
use Test::More;

my $instance = Setlink::Instance->start(workers => 4);

sub get { return $instance->request('GET', $_[0])->{json} }

sub draw { return $instance->request('POST', '/api/lottery/draw')->{json} }

sub reset_lottery {
    is_status($instance->request('POST', '/api/lottery/reset'), 200,
        'a new round');
    return;
}

sub record_file {
    my ($record) = @_;
    my $file = File::Temp->new;
    print {$file} ref $record ? JSON::PP::encode_json($record) : $record;
    close $file;
    return $file;
}

sub is_verified {
    my ($argument, $want, $name) = @_;
    my ($status, $out, $err) = $instance->command('verify-draw', "$argument");
    like("$status $out$err", $want, $name);
    return;
}

subtest 'nobody' => sub {
    is(draw(), undef, 'a draw of nobody is null');
    is_deeply(get('/api/lottery/queue'), [], 'nobody waits');
    is(get('/api/lottery/next'), undef, 'nobody is next');
    is_deeply(get('/api/lottery/statistics'), { total_draws => 0,
        unique_winners => 0, average_weight => 0, fairness_score => 1 },
        'there is no history');
    is_deeply(get('/api/djs/pool'), { active_djs => [], current_dj => undef,
        next_dj => undef, total_count => 0 }, 'the pool is empty');
};

my @djs = map { new_dj($instance) } 1 .. 3;

subtest 'a draw' => sub {
    my ($prepared) = @{ get('/api/lottery/draws') };
    is($prepared->{number}, 1, 'the first draw is prepared');
    like($prepared->{commitment}, qr/\A[0-9a-f]{64}\z/, 'with a commitment');
    is($prepared->{$_}, undef, "but no $_") for qw(seed winner drawn_at due_at);
    is_problem($instance->request('GET',
        '/api/lottery/draws/00000000-0000-7000-8000-000000000000'), 404,
        qr/no such draw/, 'another one is not there');
    my $seed = ($instance->query('SELECT seed FROM draws'))[0][0];
    unlike($instance->request('GET', $_)->{content}, qr/$seed/,
        "$_ does not tell the seed")
        for '/api/lottery/draws', "/api/lottery/draws/$prepared->{id}";
    is_verified($prepared->{id}, qr/\A1 setlink: .*not been made/,
        'there is nothing to verify');
    # As if it were made while the record is read.
    $instance->query('INSERT INTO draw_participants (draw_id, dj_id, name,'
        . ' weight) SELECT w.id, d.id, d.name, 1 FROM draws w, djs d');
    is_deeply(get("/api/lottery/draws/$prepared->{id}")->{participants}, [],
        'nobody is in it before it is made');
    $instance->query('DELETE FROM draw_participants');

    my $draw = draw();
    is($draw->{draw_id}, $prepared->{id}, 'it is the one that is made');
    is_shape($draw->{winner}, shape_of('dj'), 'the winner is a DJ');
    is($draw->{algorithm_used}, 'hmac-sha256-weighted-1', 'the algorithm');
    is(scalar @{ $draw->{participants} }, 3, 'all were in it');
    my $sum = 0;
    $sum += $_->{selection_probability} for @{ $draw->{participants} };
    cmp_ok(abs($sum - 1), '<', 1e-9, 'the probabilities are 1 together');

    my $record = get("/api/lottery/draws/$draw->{draw_id}");
    is($record->{commitment}, $prepared->{commitment}, 'the commitment stays');
    is(sha256_hex(pack 'H*', $record->{seed}), $record->{commitment},
        'and is that of the seed');
    is(winner_of($record), $draw->{winner}{id},
        'the winner is the one that the record chooses');
    is($record->{winner}{dj_id}, $draw->{winner}{id}, 'and that it names');
    is(get('/api/lottery/draws')->[0]{number}, 2, 'the next one is prepared');
};

subtest 'verifying' => sub {
    my $record = get('/api/lottery/draws/' . get('/api/lottery/draws')->[1]{id});
    is_verified($record->{id}, qr/\A0 the draw is as/, 'by its id');
    is_verified(record_file($record), qr/\A0 the draw is as/, 'by its record');
    is_verified(record_file({ %$record, rules => undef }),
        qr/\A0 the draw is as/, 'one of an old setlink has no rules');
    my ($other) = grep { $_->{dj_id} ne $record->{winner}{dj_id} }
        @{ $record->{participants} };
    my %forged = (
        'another winner' => { winner => $other },
        'another seed' => { seed => '0' x 64 },
        'another commitment' => { commitment => '0' x 64 },
        'without its winner' => { participants => [$other] },
        'in another order' =>
            { participants => [reverse @{ $record->{participants} }] },
        'without a seed' => { seed => undef },
        'of another algorithm' => { algorithm => 'dice' },
        'of somebody with another own weight' => { participants => [
            map { { %$_, own_weight => 2 } } @{ $record->{participants} }] },
        'of somebody who is no joker' => { participants => [
            map { { %$_, joker => JSON::PP::true() } }
                @{ $record->{participants} }] },
        'of other rules' =>
            { rules => { %{ $record->{rules} }, base_weight => 3 } },
        'of rules that are none' => { rules => 7 },
        'with a weight of text' =>
            { participants => [{ %$other, weight_millionths => 'x' }] },
    );
    is_verified(record_file({ %$record, %{ $forged{$_} } }),
        qr/\A1 setlink: \S/, "forged: $_") for sort keys %forged;
    is_verified(record_file($_), qr/\A1 setlink: \S/, 'no record')
        for '', '[]', '{', '{"id":1}';
    is_verified('/nonexistent', qr/\A1 setlink: .*cannot be read/, 'no file');
    my $id = $record->{id};
    my $before = ($instance->query("SELECT HEX(winner_id) FROM draws"
            . " WHERE drawn_at IS NOT NULL"))[0][0];
    (my $hex = $other->{dj_id}) =~ tr/-//d;
    $instance->query("UPDATE draws SET winner_id = UNHEX('$hex')"
        . ' WHERE drawn_at IS NOT NULL');
    is_verified($id, qr/\A1 setlink: .*winner/, 'forged in the database');
    $instance->query("UPDATE draws SET winner_id = UNHEX('$before')"
        . ' WHERE drawn_at IS NOT NULL');
};

subtest 'the queue' => sub {
    my @queue = @{ get('/api/lottery/queue') };
    is(scalar @queue, 1, 'the winner waits');
    is($queue[0]{position_in_queue}, 1, 'at the first place');
    is(get('/api/lottery/next')->{id}, $queue[0]{id}, 'and is next');
    my $second = draw()->{winner};
    isnt($second->{id}, $queue[0]{id}, 'nobody is drawn twice');
    is(get("/api/djs/$second->{id}")->{position_in_queue}, 2,
        'the second winner is behind');
    is(get('/api/djs/pool')->{total_count}, 1, 'one is left in the pool');
    my $set = start_set($instance, dj_id => $queue[0]{id});
    is(get('/api/lottery/next')->{id}, $second->{id},
        'who plays is no longer next');
    is(get('/api/djs/pool')->{current_dj}{id}, $queue[0]{id}, 'but plays');
    is(get("/api/djs/$second->{id}")->{position_in_queue}, 1,
        'the second moves up');
    end_set($instance, $set);
    draw();
    is(draw(), undef, 'when all were drawn there is nobody left');
    reset_lottery();
    is_deeply(get('/api/lottery/queue'), [], 'the queue is empty then');
    is(get('/api/djs/pool')->{total_count}, 3, 'all can be drawn again');
    is(get('/api/lottery/statistics')->{total_draws}, 3, 'the history stays');
};

subtest 'sixty-four at once' => sub {
    new_dj($instance) for 1 .. 47;
    my @answers = $instance->parallel((['POST', '/api/lottery/draw']) x 64);
    is(scalar(grep { $_->{status} != 200 } @answers), 0, 'all are answered');
    my @winners = map { $_->{json} ? $_->{json}{winner}{id} : () } @answers;
    my %seen = map { $_ => 1 } @winners;
    is(scalar @winners, 50, 'as many win as there are');
    is(scalar keys %seen, 50, 'each of them once');
    my ($row) = $instance->query('SELECT COUNT(*), COUNT(DISTINCT position),'
        . ' MAX(position) FROM queue_entries WHERE status = "waiting"');
    is_deeply([@$row[0, 1]], [50, 50], 'each at a place of its own');
    my @draws = @{ get('/api/lottery/draws?limit=100') };
    is_deeply([map { $_->{number} } @draws], [reverse 1 .. 54],
        'the draws have no gap');
    is(scalar(grep { !defined $_->{winner} } @draws), 1, 'one is prepared');
    my @wrong = grep {
        my $record = get("/api/lottery/draws/$_->{id}");
        winner_of($record) ne $record->{winner}{dj_id}
    } grep { $_->{winner} } @draws;
    is(scalar @wrong, 0, 'and each can be recomputed');
};

$instance->stop;
$instance->is_clean;
done_testing();
