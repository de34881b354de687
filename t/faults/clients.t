# SPDX-License-Identifier: MIT
# Clients that are too many, too slow, or gone before they are answered: those
# who behave are served all the time, and no worker is lost.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use IO::Socket::INET;
use POSIX ();
use Setlink::Http qw(exchange hang_up);
use Setlink::Instance;
use Setlink::Load;
use Setlink::Process qw(scratch);
use Test::More;
use Time::HiRes qw(sleep time);

my $CROWD   = 1_000;
my $QUEUE   = 1_024;    # what spawn-fcgi gives the socket of the workers
my $SLOW    = 100;
my $SECONDS = $ENV{SETLINK_FAULT_SECONDS} // 12;

# Run code in processes of their own; wait_all returns what they print.
my $count = 0;

sub spawn {
    my ($code) = @_;
    my $path = scratch() . '/spawned' . $count++;
    my $pid = fork // die "fork: $!\n";
    return [$pid, $path] if $pid != 0;
    $SIG{TERM} = 'DEFAULT';
    open my $out, '>', $path or POSIX::_exit(1);
    print {$out} eval { $code->() } // "0 $@";
    close $out;
    POSIX::_exit(0);
}

sub wait_all {
    return join '', map { waitpid $_->[0], 0;
        Setlink::Instance::slurp($_->[1]) } @_;
}

# So many requests at the same time, from several processes; returns those.
sub crowd {
    my ($instance, $clients) = @_;
    my $get = $instance->text('GET', '/api/lottery/queue');
    my $post = $instance->text('POST', '/api/sessions/start', {});
    return map { spawn(sub {
        my $begun = time;
        my @answers = exchange($instance->port,
            map { $_ % 4 ? $get : $post } 1 .. $clients / 8);
        return join '', sprintf("took %.1f\n", time - $begun), map {
            "$_->{status} " . ($_->{headers}{'retry-after'} // '-') . "\n"
        } @answers;
    }) } 1 .. 8;
}

# How many of each answer: "200 -", "502 5".
sub tally {
    my %tally;
    $tally{$_}++ for grep { !/took/ } split /\n/, $_[0];
    my ($slowest) = sort { $b <=> $a } $_[0] =~ /took (\S+)/g;
    note(join ', ', (map { "$tally{$_} times $_" } sort keys %tally),
        "after $slowest s");
    return \%tally;
}

sub all_at_once {
    my ($instance) = @_;
    my $tally = tally(wait_all(crowd($instance, $CROWD)));
    is_deeply([sort keys %$tally], ['200 -', '400 -'], 'nobody is refused');
    is($tally->{'200 -'} + $tally->{'400 -'}, $CROWD,
        "all of $CROWD clients are answered");
    return;
}

# Workers that do nothing: the queue fills, and nobody waits beyond it.
sub full_queue {
    my ($instance) = @_;
    my @workers = $instance->worker_pids;
    kill 'STOP', @workers;
    my @crowd = crowd($instance, $QUEUE + 400);
    for (1 .. 300) {
        last if (() = $instance->log('web') =~ /\(11: /g) >= 390;
        sleep 0.1;
    }
    kill 'CONT', @workers;
    my $tally = tally(wait_all(@crowd));
    my $refused = $tally->{'502 5'};
    cmp_ok($refused, '>', 300, 'who does not fit is told to come again');
    is($tally->{'200 -'} + $tally->{'400 -'} + $refused, $QUEUE + 400,
        'who does is answered');
    return;
}

sub connect_to {
    my ($instance) = @_;
    return IO::Socket::INET->new(PeerAddr => '127.0.0.1:' . $instance->port)
        // die "no connection: $@\n";
}

# Clients that send a byte a second, some of the head and some of the body, and
# some that do not read their answer.
sub be_slow {
    my ($instance) = @_;
    local $SIG{PIPE} = 'IGNORE';
    my $request = $instance->text('POST', '/api/djs/register',
        { name => 'x' x 200 });
    my $head = index($request, "\r\n\r\n") + 4;
    my @slow = map { [connect_to($instance), 0] } 1 .. $SLOW;
    $_->[1] = $head for @slow[0 .. $SLOW / 2];
    my @deaf = map { connect_to($instance) } 1 .. $SLOW;
    syswrite $_, $instance->text('GET', '/api/djs') for @deaf;
    syswrite $_->[0], substr $request, 0, $_->[1] for @slow;
    for (1 .. 1_000) {
        syswrite $_->[0], substr $request, $_->[1]++, 1 for @slow;
        sleep 1;
    }
    return '';
}

# Clients that go: within the head, within the body, before the answer.
sub be_gone {
    my ($instance) = @_;
    my $request = $instance->text('POST', '/api/sessions/start', {});
    my $whole = $instance->text('GET', '/api/lottery/queue');
    for (1 .. 10_000) {
        hang_up($instance->port, $_)
            for substr($request, 0, 30), substr($request, 0, -1), $whole;
        sleep 0.05;
    }
    return '';
}

sub good_and_bad {
    my ($instance, $server) = @_;
    my @bad = map { my $code = $_; spawn(sub { $code->($instance) }) }
        \&be_slow, \&be_gone, \&be_gone;
    sleep 0.5;
    my $load = Setlink::Load->start(port => [$instance->port]);
    $load->fault_begins->run_for($SECONDS / 2)->fault_over;
    my $result = $load->stop;
    is(scalar(grep { waitpid($_->[0], POSIX::WNOHANG()) == 0 } @bad),
        scalar @bad, 'the others were there all the time');
    kill 'TERM', map { $_->[0] } @bad;
    wait_all(@bad);
    $load->check_nothing_lost(sub { $instance->query($_[0]) });
    $load->report("clients that are slow, or gone ($server)");
    is($result->{refused}, 0, 'nobody is refused for them');
    return;
}

for my $server (qw(nginx lighttpd)) {
    subtest $server => sub {
        my $instance = Setlink::Instance->start(
            workers => 4, server => $server);
        my @pids = sort $instance->worker_pids;
        all_at_once($instance);
        full_queue($instance) if $server eq 'nginx';
        good_and_bad($instance, $server);
        is_deeply([sort $instance->worker_pids], \@pids,
            'the workers are the same');
        is($instance->request('GET', '/api/djs')->{status}, 200,
            'and answer at once');
        $instance->stop;
        $instance->is_clean;
    };
}

done_testing;
