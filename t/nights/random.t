# SPDX-License-Identifier: MIT
# Nights by chance: whatever sets, rooms, cuts, pauses, restarts, deletions and
# lost or late events come together, no set gets the music of another one, each
# gets its own, and it does not matter how setlink came to know of it.
#
# SETLINK_NIGHTS=10000 SETLINK_SEED=7 plays more nights, or others;
# SETLINK_NIGHT=123 just the batch that this one is in, and tells all of it. With
# SETLINK_WAYS=1 each night is played in one of the ways, which take turns.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use List::Util qw(max);
use POSIX qw(ceil floor);
use Setlink::Database;
use Setlink::NightBatch;
use Setlink::NightLane;
use Setlink::NightTruth qw(differences);
use Setlink::Process qw(scratch);
use Setlink::RandomNight qw(night_text);
use Storable qw(nstore retrieve);
use Test::More;
use Time::HiRes qw(time);

my $LANES  = 2;
my $BATCH  = 20;
my @MODES  = qw(ordered mixed syncs);
my $WAYS   = $ENV{SETLINK_WAYS} // @MODES;
my $NIGHTS = $ENV{SETLINK_NIGHTS} // 120;
my $SEED   = $ENV{SETLINK_SEED} // 12;
my $ONE    = $ENV{SETLINK_NIGHT};
my $MOST_TOLD = 20;

# The nights of a batch, each two days after the one before it.
sub nights_of {
    my (@numbers) = @_;
    my $start = $Setlink::NightLane::START;
    return map { Setlink::RandomNight->make(seed => $SEED, number => $_,
        start => $start += 2 * 86_400) } @numbers;
}

# What a set cannot be expected to be right of: it overlaps a recording of which
# nobody could see what became of it. Returns 2 if what it has may be wrong, 1
# if it may be missing.
sub excuse {
    my ($play, $set, $end) = @_;
    my $night = $play->{night};
    my $unseen = $play->{unseen}[$end];
    # Which recorder is that of a room is guessed by all sets together.
    return max(0, values %$unseen) if !$night->{tied}
        && @{ $night->{recorders} } > 1;
    return max(0, map { $unseen->{$_} } grep {
        my $id = $_;
        my @its = grep { $_->{id} eq $id } @{ $night->{changes} };
        $its[0]{at} < $set->{to} + 120 && $its[-1]{at} > $set->{from} - 120
    } keys %$unseen);
}

# Compare how it went in each of the ways.
sub judge {
    my ($plays, $count, $failures) = @_;
    for my $i (0 .. $#{ $plays->[0] }) {
        my @same = map { $_->[$i] } @$plays;
        my $night = $same[0]{night};
        my @wrong;
        for my $play (@same) {
            for my $found (@{ $play->{wrong} }) {
                if (excuse($play, @{$found}{qw(set end)})
                    >= ($found->{missing} ? 1 : 2)) {
                    $count->{ $found->{missing} ? 'lost' : 'excused' }++;
                }
                elsif ($found->{near}) { $count->{near}++ }
                else { push @wrong, $found->{text} }
            }
        }
        for my $set (@{ $night->{sets} }) {
            next if grep { $_->{near}[$set->{number}] } @same;
            my @clear = grep { !excuse($_, $set, 1) } @same;
            $count->{compared} += @clear;
            $count->{unseen} += @same - @clear;
            $count->{uploaded} += grep { $_->{states}[$set->{number}]{status}
                    eq 'uploaded' } @clear;
            my $first = shift @clear // next;
            for my $other (@clear) {
                my $text = differences(map { $_->{states}[$set->{number}] }
                    $first, $other) // next;
                push @wrong, "set $set->{number} depends on the way: $text";
            }
        }
        $count->{nights}++;
        next if !@wrong;
        $count->{failed}++;
        push @$failures, { number => $night->{number}, wrong => \@wrong,
            text => night_text($night) } if @$failures < $MOST_TOLD;
    }
    return;
}

# Batches are the same ones however many nights there are.
sub play_lane {
    my ($lane, @batches) = @_;
    my ($count, @failures) = ({});
    for my $batch (@batches) {
        my @nights = nights_of($batch * $BATCH + 1 .. ($batch + 1) * $BATCH);
        judge([map { [Setlink::NightBatch->new($lane, $_, @nights)->run] }
            map { $MODES[($batch + $_) % @MODES] } 0 .. $WAYS - 1],
            $count, \@failures);
    }
    return { count => $count, failures => \@failures };
}

# Each lane is a process with a database of its own.
sub start_lane {
    my ($lane, $path, @batches) = @_;
    my $pid = fork // die "fork: $!\n";
    return $pid if $pid;
    my $result = eval {
        $lane->begin;
        play_lane($lane, @batches);
    } // { count => {}, failures => [], died => $@ };
    nstore($result, $path);
    POSIX::_exit(0);
}

my @batches = defined $ONE ? floor(($ONE - 1) / $BATCH)
    : 0 .. ceil($NIGHTS / $BATCH) - 1;
$LANES = 1 if @batches == 1;
my $begun = time;
my $database = Setlink::Database->start;
my @lanes = map { Setlink::NightLane->new($database, $database->prepare) }
    1 .. $LANES;
my @paths = map { scratch() . "/lane$_" } 1 .. $LANES;
my @pids = map { my $n = $_; start_lane($lanes[$n], $paths[$n],
    grep { $_ % $LANES == $n } @batches) } 0 .. $#lanes;
waitpid $_, 0 for @pids;
unlike($_->{worker}->log, qr/Sanitizer|runtime error:/,
    'the sanitizers found nothing') for @lanes;
my @results = map { -e ? retrieve($_) : { died => 'it just ended',
    count => {}, failures => [] } } @paths;
my %sum;
for my $result (@results) {
    is($result->{died}, undef, 'the lane came to its end');
    $sum{$_} += $result->{count}{$_} for keys %{ $result->{count} };
}
is($sum{nights}, $BATCH * @batches, 'all nights were played');
my @failures = sort { $a->{number} <=> $b->{number} }
    map { @{ $_->{failures} } } @results;
is($sum{failed} // 0, 0, 'and each set has its own music, and only that');
cmp_ok($sum{uploaded} // 0, '>', ($sum{compared} // 0) / 2, 'most have some');
cmp_ok($sum{unseen} // 0, '<', ($sum{compared} // 0) / 5,
    'few are on what nobody could see');
diag(join "\n", '', "night $_->{number} of seed $SEED:", @{ $_->{wrong} })
    for @failures;
diag("\n$_->{text}") for grep { ($ONE // 0) == $_->{number} } @failures;
note(sprintf '%d nights of seed %d in %.0f s: %d sets compared; of %d more'
    . ' something could not be seen (%d times wrong music, %d times missing);'
    . ' %d times a clock was thought to be wrong', $sum{nights} // 0, $SEED,
    time - $begun, map { $_ // 0 } @sum{qw(compared unseen excused lost near)});

done_testing();
