# SPDX-License-Identifier: MIT
# What a request costs that does not depend on the machine: system calls,
# allocations, statements. Nothing here may grow without a reason; the figures
# are those of today.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Setlink::Command qw(program);
use Setlink::FastCGI;
use Setlink::Instance;
use Setlink::Process qw(scratch);
use Setlink::Scene qw(make_day);
use Setlink::Torture;
use Test::More;

my $BASE = '/api/session-recorder';
my $ROUNDS = 9;

my $torture = Setlink::Torture->start;
my $scene = make_day($torture);
my $set = $scene->{sets}[0];

# Of a request: target, system calls, statements, allocations when nothing is
# kept from the one before. A statement is two system calls, or four where its
# answer is not there at once.
my @COSTS = (
    ['/health', 8, 0, 7],
    ["$BASE/download/$set/ogg", 12, 1, 35],
    ["$BASE/session/$set", 12, 1, 87],
    ["$BASE/available-sessions?limit=2", 20, 3, 34],
    ['/api/lottery/queue', 20, 3, 14],
);

sub median { return (sort { $a <=> $b } @_)[$#_ / 2] }

sub statements {
    return ($torture->query('SELECT VARIABLE_VALUE'
        . ' FROM information_schema.GLOBAL_STATUS'
        . " WHERE VARIABLE_NAME = 'Com_stmt_execute'"))[0][0];
}

# A worker whose system calls are written down: the process that is started is
# the worker (-D), so that it ends with the test.
sub start_traced {
    my ($trace) = @_;
    my $folder = scratch() . '/traced';
    mkdir $folder or die "$folder: $!\n";
    my $worker = program('setlink.fcgi');
    open my $script, '>', "$folder/setlink.fcgi" or die "$folder: $!\n";
    print {$script} "#!/bin/sh\nexec strace -D -o '$trace' '$worker'\n";
    close $script or die "$folder: $!\n";
    chmod 0755, "$folder/setlink.fcgi" or die "$folder: $!\n";
    local $ENV{SETLINK_BUILD} = $folder;
    return Setlink::FastCGI->start(%{ $torture->{settings} });
}

# How many calls each of the last requests made: from one accept to the next.
sub calls_of_last {
    my ($trace, $count) = @_;
    my @requests = split /^(?=accept)/m, Setlink::Instance::slurp($trace);
    my @numbers = map { scalar(my @lines = /\n/g) } @requests;
    return @numbers[-$count - 1 .. -2];
}

sub ask {
    my ($worker, $target) = @_;
    my $answer = $worker->request({ REQUEST_URI => $target,
        HTTP_AUTHORIZATION => "Bearer $torture->{token}" });
    die "$target: $answer->{status}\n" if $answer->{status} != 200;
    return;
}

subtest 'system calls and statements' => sub {
    plan skip_all => 'a build with sanitizers has its own'
        if Setlink::Instance::is_sanitized();
    my $trace = scratch() . '/trace';
    my $worker = start_traced($trace);
    for my $cost (@COSTS) {
        my ($target, $calls, $statements) = @$cost;
        ask($worker, $target) for 1 .. 2;
        my $before = statements();
        ask($worker, $target) for 1 .. $ROUNDS;
        is((statements() - $before) / $ROUNDS, $statements,
            "$target: statements");
        ask($worker, $target);    # its accept ends the one before
        cmp_ok(median(calls_of_last($trace, $ROUNDS)), '<=', $calls,
            "$target: system calls");
    }
};

sub wakes {
    my (@workers) = @_;
    my $sum = 0;
    for my $worker (@workers) {
        my ($switches) = Setlink::Instance::slurp(
            '/proc/' . $worker->pid . '/status')
            =~ /^voluntary_ctxt_switches:\s+(\d+)/m;
        $sum += $switches;
    }
    return $sum;
}

subtest 'a connection wakes one worker' => sub {
    my @workers = Setlink::FastCGI->start_several(4,
        %{ $torture->{settings} });
    ask($workers[0], '/health') for 1 .. 20;
    my $before = wakes(@workers);
    ask($workers[0], '/health') for 1 .. 100;
    # One for the connection, and one where its request is not there yet.
    cmp_ok(wakes(@workers) - $before, '<', 300, 'or two of them');
};

subtest 'allocations' => sub {
    for my $cost (@COSTS) {
        my ($target, undef, undef, $allocations) = @$cost;
        $torture->request('GET', $target) for 1 .. 2;
        my @counts = map {
            $torture->fail(0, 0);
            $torture->request('GET', $target);
            ($torture->failed)[0];
        } 1 .. $ROUNDS;
        cmp_ok(median(@counts), '<=', $allocations, "$target: allocations")
            or diag("@counts");
    }
};

done_testing;
