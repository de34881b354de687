# SPDX-License-Identifier: MIT
# The lottery of doc/lottery.md once more, in another language than the
# program's: what a record's weights and winner have to be.
package Setlink::Draw;

use strict;
use warnings;

use Digest::SHA qw(hmac_sha256 sha256_hex);
use Exporter 'import';
use Setlink::Recordings qw(seconds_of);

our @EXPORT_OK = qw(winner_of weight_of wrong_draw);

# The id of the DJ whom a record chooses.
sub winner_of {
    my ($record) = @_;
    my @pool = @{ $record->{participants} };
    my ($sum, $round) = (0, 0);
    $sum += $_->{weight_millionths} for @pool;
    my $text = join '', map { "$_\n" } $record->{algorithm}, $record->{id},
        $record->{due_at}, map { "$_->{dj_id} $_->{weight_millionths}" } @pool;
    my $limit = ~0 - ~0 % $sum;
    my $number = ~0;
    $number = unpack 'Q>', hmac_sha256($text . $round++,
        pack 'H*', $record->{seed}) while $number >= $limit;
    $number %= $sum;
    for (@pool) {
        return $_->{dj_id} if $number < $_->{weight_millionths};
        $number -= $_->{weight_millionths};
    }
    return;
}

# The weight of a DJ in millionths: `own`, `registered` and `due` in seconds,
# `late`, and `factor`, of a joker.
sub weight_of {
    my (%dj) = @_;
    my $waited = ($dj{due} - $dj{registered}) / 3600 / 10;
    my $weight = $dj{own} * ($dj{factor} // 1) * ($dj{late} ? 0.5 : 1);
    $weight *= 1 + ($waited < 0 ? 0 : $waited > 0.2 ? 0.2 : $waited);
    return ($weight < 0.1 ? 0.1 : $weight) * 1e6;
}

# What is wrong with one participant by the rules: `cutoff` in seconds, without
# one nobody is late; `jokers`, ids; `joker`, their factor, 0 when they are
# guaranteed.
sub wrong_participant {
    my ($p, $due, $guaranteed, %rule) = @_;
    my $registered = seconds_of($p->{registered_at});
    my $late = defined $rule{cutoff} && $registered > $rule{cutoff};
    my $joker = grep { $_ eq $p->{dj_id} } @{ $rule{jokers} // [] };
    my $weight = $guaranteed && !$joker ? 0 : weight_of(
        own        => $p->{own_weight},
        registered => $registered,
        due        => $due,
        late       => $late,
        factor     => $joker && $rule{joker} ? $rule{joker} : 1,
    );
    return (
        ($registered > $due ? "$p->{name} came after it was due" : ()),
        (!$p->{late} == !$late ? () : "$p->{name}: late"),
        (!$p->{joker} == !$joker ? () : "$p->{name}: joker"),
        # The sums may be rounded in another order.
        (abs($p->{weight_millionths} - $weight) <= 1 ? ()
            : "$p->{name}: $p->{weight_millionths}, not $weight"),
    );
}

# What is wrong with a record, by the rules and by itself.
sub wrong_draw {
    my ($record, %rule) = @_;
    my @pool = @{ $record->{participants} };
    my $due = seconds_of($record->{due_at});
    my %jokers = map { $_ => 1 } @{ $rule{jokers} // [] };
    my $guaranteed = defined $rule{joker} && !$rule{joker}
        && grep { $jokers{ $_->{dj_id} } } @pool;
    return (
        map({ wrong_participant($_, $due, $guaranteed, %rule) } @pool),
        (seconds_of($record->{drawn_at}) < $due ? 'drawn too early' : ()),
        (sha256_hex(pack 'H*', $record->{seed}) eq $record->{commitment}
            ? () : 'the seed is not the one committed to'),
        (winner_of($record) eq $record->{winner}{dj_id}
            ? () : 'the record chooses another one'),
    );
}

1;
