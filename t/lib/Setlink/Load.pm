# SPDX-License-Identifier: MIT
# Clients that use an instance while a test breaks something: what they asked,
# what was refused, and whether all that was acknowledged is there afterwards.
package Setlink::Load;

use strict;
use warnings;
use utf8;

use POSIX ();
use Setlink::Http qw(request_text exchange read_json write_json);
use Setlink::Invariants qw(broken_invariants);
use Setlink::Process qw(scratch);
use Test::More;
use Time::HiRes qw(sleep clock_gettime CLOCK_MONOTONIC);

my $BASE  = '/api/session-recorder';
my $PAUSE = 0.02;    # seconds between two requests of one client

# What an overloaded or broken server may answer; 0 is no answer at all.
my %REFUSALS = map { $_ => 1 } 0, 429, 502, 503, 504;

my $count = 0;
my %running;    # pid => the process that started it

sub now { return clock_gettime(CLOCK_MONOTONIC) }

# Start clients; they end with `stop`. Options: port (an array of ports, used
# in turn), clients, headers (pairs, sent with each request), link (an array of
# targets as Setlink::Night::link_target makes them, with %s for the set: the
# recordings that sets are linked to), draws (whether some draw; each by
# default), pause (seconds between two requests of a client).
sub start {
    my ($class, %option) = @_;
    my $self = bless {
        clients => 16, headers => [], link => [], draws => 1, pause => $PAUSE,
        dir => scratch() . '/load' . $count++, %option,
    }, $class;
    mkdir $self->{dir} or die "$self->{dir}: $!\n";
    $self->{begun} = now();
    for my $number (0 .. $self->{clients} - 1) {
        my $pid = fork // die "fork: $!\n";
        if ($pid == 0) {
            eval { $self->be_client($number); 1 } or warn $@;
            POSIX::_exit(0);
        }
        push @{ $self->{pids} }, $pid;
        $running{$pid} = $$;
    }
    return $self;
}

# Let them work for so many seconds.
sub run_for { sleep $_[1]; return $_[0] }

sub fault_begins { $_[0]{fault} = now(); return $_[0] }
sub fault_over   { $_[0]{over} = now(); return $_[0] }

sub be_client {
    my ($self, $number) = @_;
    my $ends = 0;
    $SIG{TERM} = sub { $ends = 1 };
    $SIG{INT} = $SIG{HUP} = 'DEFAULT';
    open my $notes, '>', "$self->{dir}/$number" or die "$self->{dir}: $!\n";
    my $client = {
        load => $self, number => $number, notes => $notes, ends => \$ends,
        port => $self->{port}[$number % @{ $self->{port} }],
    };
    for (my $round = 0; !$ends; $round++) {
        play_round($client, $round);
    }
    close $notes or die "$self->{dir}: $!\n";
    return;
}

# A DJ comes, plays and goes. What is refused ends the round: nobody knows then
# whether it was done.
sub play_round {
    my ($client, $round) = @_;
    my $load = $client->{load};
    my $name = "Client $client->{number} of $$, round $round";
    my $dj = ask($client, 'dj', 'POST', '/api/djs/register', { name => $name })
        or return;
    ask($client, undef, 'GET', $_) or return
        for '/api/lottery/queue', '/api/djs/pool', "/api/djs/$dj->{id}";
    if ($load->{draws} && $round % 8 == $client->{number} % 8) {
        ask($client, 'draw', 'POST', '/api/lottery/draw', {}) or return;
    }
    my $set = ask($client, 'set', 'POST', '/api/sessions/start',
        { dj_id => $dj->{id} }) or return;
    for my $target (@{ $load->{link} }) {
        ask($client, "link:$set->{id}", 'POST', sprintf($target, $set->{id}),
            {}) or return;
        ask($client, undef, 'GET', "$BASE/download/$set->{id}/ogg") or return;
    }
    ask($client, undef, 'GET', $_) or return for "$BASE/session/$set->{id}",
        "$BASE/available-sessions?limit=10", '/api/sessions/current';
    ask($client, 'end', 'POST', '/api/sessions/end',
        { session_id => $set->{id} }) or return;
    ask($client, 'gone', 'DELETE', "/api/djs/$dj->{id}");
    return;
}

# Send a request and note what came of it; a write's `kind` is noted with the id
# of what was written. Returns the JSON of a success (or 1 if it has none).
sub ask {
    my ($client, $kind, $method, $target, $body) = @_;
    return if ${ $client->{ends} };
    my $load  = $client->{load};
    my $begun = now();
    my $answer = eval {
        (exchange($client->{port}, request_text("localhost:$client->{port}",
            $method, $target, $body, @{ $load->{headers} })))[0];
    } // { status => 0, content => $@, headers => {} };
    my $json = ref $answer->{json} eq 'HASH' ? $answer->{json} : {};
    print { $client->{notes} } write_json({
        begun  => $begun, ended => now(), status => $answer->{status},
        kind   => $kind, what => "$method $target",
        id     => scalar id_of($kind, $json, $target),
        wrong  => scalar what_is_wrong($answer),
    }), "\n";
    sleep $load->{pause};
    return $answer->{status} =~ /\A2/ && ($answer->{json} // 1);
}

sub id_of {
    my ($kind, $json, $target) = @_;
    return if !defined $kind;
    return $1 if $kind =~ /\Alink:(.*)/;
    return $json->{winner} && $json->{winner}{id} if $kind eq 'draw';
    return $1 if $kind eq 'gone' && $target =~ /([^\/]+)\z/;
    return $json->{id};
}

# Why an answer must not be, or undef.
sub what_is_wrong {
    my ($answer) = @_;
    my $status = $answer->{status};
    my $text = "$status " . substr $answer->{content}, 0, 300;
    return $text if $text =~ /no answer after/;
    return if $status =~ /\A2/;
    return $text if !$REFUSALS{$status};
    return "without Retry-After: $text"
        if $status == 503 && !$answer->{headers}{'retry-after'};
    return;
}

# End the clients. Returns the number of requests, how many were refused (and by
# status), what was wrong, the longest answer in seconds, how long after the end
# of the fault the last refused request ended, and the acknowledged writes.
sub stop {
    my ($self) = @_;
    kill 'TERM', @{ $self->{pids} };
    waitpid $_, 0 for @{ $self->{pids} };
    delete @running{ @{ $self->{pids} } };
    my %result = (requests => 0, refused => 0, by => {}, wrong => [],
        slowest => 0, recovery => 0, served_in_fault => 0,
        seconds => now() - $self->{begun}, acknowledged => {});
    for my $number (0 .. $self->{clients} - 1) {
        open my $notes, '<', "$self->{dir}/$number"
            or die "$self->{dir}/$number: $!\n";
        $self->count_note(\%result, read_json($_)) while <$notes>;
    }
    return $self->{result} = \%result;
}

sub count_note {
    my ($self, $result, $note) = @_;
    my $took = $note->{ended} - $note->{begun};
    $result->{requests}++;
    $result->{slowest} = $took if $took > $result->{slowest};
    push @{ $result->{wrong} }, "$note->{what}: $note->{wrong}"
        if defined $note->{wrong};
    if ($note->{status} =~ /\A2/) {
        my ($kind) = split /:/, $note->{kind} // '';
        $result->{acknowledged}{$kind}{ $note->{id} }++
            if $kind && $note->{id};
        $result->{served_in_fault}++ if $self->{fault}
            && $note->{begun} >= $self->{fault}
            && $note->{ended} <= ($self->{over} // $note->{ended});
    } elsif ($REFUSALS{ $note->{status} }) {
        $result->{refused}++;
        $result->{by}{ $note->{status} }++;
        my $after = $self->{over} ? $note->{ended} - $self->{over} : 0;
        $result->{recovery} = $after if $after > $result->{recovery};
    }
    return;
}

# Count as refused, after `stop`, what lighttpd answers from a file when a worker
# died, and the one that was to give a page for that as well: the status is 500
# then, and cannot be changed.
sub allow_500_of_lighttpd {
    my ($self) = @_;
    my $result = $self->{result};
    my @wrong = @{ $result->{wrong} };
    $result->{wrong} = [grep { !/ 500 .*"no worker gave a whole/ } @wrong];
    my $count = @wrong - @{ $result->{wrong} };
    $result->{refused} += $result->{by}{500} = $count if $count;
    return;
}

# What shows that an acknowledged write is there, by kind: the ids that are.
my %THERE = (
    dj   => 'SELECT LOWER(HEX(id)) FROM djs',
    gone => 'SELECT LOWER(HEX(id)) FROM djs WHERE is_active = 0',
    set  => 'SELECT LOWER(HEX(id)) FROM sessions',
    end  => 'SELECT LOWER(HEX(id)) FROM sessions WHERE ended_at IS NOT NULL',
    link => 'SELECT LOWER(HEX(session_id)) FROM session_recordings',
    draw => 'SELECT LOWER(HEX(winner_id)) FROM draws'
        . ' WHERE winner_id IS NOT NULL',
);

# Test that nothing is lost and the tables are whole. `query` runs a statement
# and returns the rows, each an array of texts.
sub check_nothing_lost {
    my ($self, $query) = @_;
    my @lost;
    for my $kind (sort keys %{ $self->{result}{acknowledged} }) {
        my %there = map { $_->[0] => 1 } $query->($THERE{$kind});
        push @lost, map { "$kind $_" }
            grep { !$there{ lc(tr/-//dr) } }
            keys %{ $self->{result}{acknowledged}{$kind} };
    }
    $self->{result}{lost} = @lost;
    is(scalar @lost, 0, 'nothing that was acknowledged is lost')
        or diag(join "\n", splice @lost, 0, 10);
    my @broken = broken_invariants($query);
    is(scalar @broken, 0, 'nothing is half done')
        or diag(join "\n", splice @broken, 0, 10);
    return;
}

# Test that no answer was wrong, and add a line to the table of faults: to the
# file that SETLINK_FAULT_TABLE names, and as a note.
sub report {
    my ($self, $fault) = @_;
    my $result = $self->{result};
    my @wrong = @{ $result->{wrong} };
    ok($result->{requests} > 0, 'there were requests');
    is(scalar @wrong, 0, 'no answer was wrong')
        or diag(join "\n", splice @wrong, 0, 10);
    my $refused = join ', ', map { ($_ || 'no answer') . ": $result->{by}{$_}" }
        sort keys %{ $result->{by} };
    my $line = sprintf '| %s | %d clients, %.0f s | %d | %d%s | %s | %.1f s |'
        . ' %.1f s | `%s` |', $fault, $self->{clients}, $result->{seconds},
        $result->{requests}, $result->{refused}, $refused && " ($refused)",
        $result->{lost} // '–', $result->{slowest}, $result->{recovery}, $0;
    note($line);
    if (my $path = $ENV{SETLINK_FAULT_TABLE}) {
        open my $table, '>>:utf8', $path or die "$path: $!\n";
        print {$table} "$line\n";
        close $table or die "$path: $!\n";
    }
    return;
}

# A test that dies leaves no clients behind.
END {
    my $status = $?;
    for my $pid (grep { $running{$_} == $$ } keys %running) {
        kill 'KILL', $pid;
        waitpid $pid, 0;
    }
    $? = $status;    ## no critic: waitpid has changed it
}

1;
