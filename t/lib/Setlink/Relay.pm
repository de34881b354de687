# SPDX-License-Identifier: MIT
# A server that passes requests on, and does something at one of them.
package Setlink::Relay;

use strict;
use warnings;

use IO::Socket::INET;
use POSIX ();

# Read the head of a request; the requests of setlink have no body.
sub read_head {
    my ($client) = @_;
    my $head = '';
    while ($head !~ /\r\n\r\n/) {
        sysread($client, $head, 4096, length $head) or return;
    }
    $head =~ s/\r\n\r\n/\r\nConnection: close\r\n\r\n/;
    return $head;
}

sub serve {
    my ($client, $to, $before, $after) = @_;
    my $head = read_head($client) // return;
    return if !$before->($head =~ /^(.*?)\r\n/);
    my $server = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $to) or return;
    syswrite $server, $head;
    my $answer = do { local $/; <$server> } // '';
    $after->($answer) if $after;
    syswrite $client, $answer;
    return;
}

# Pass requests on to the port `to`, one at a time. `before` gets the first
# line of each; the request is dropped when it returns false. `after` may
# change the answer, its argument.
sub start {
    my ($class, $to, $before, $after) = @_;
    my $listener = IO::Socket::INET->new(
        LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 64)
        or die "no free port: $@\n";
    my $self = bless { port => $listener->sockport, owner => $$ }, $class;
    $self->{pid} = fork // die "fork: $!\n";
    if ($self->{pid} == 0) {
        @SIG{qw(TERM INT HUP PIPE)} = (('DEFAULT') x 3, 'IGNORE');
        while (my $client = $listener->accept) {
            eval { serve($client, $to, $before, $after); 1 } or warn $@;
            close $client;
        }
        POSIX::_exit(0);
    }
    return $self;
}

sub stop {
    my ($self) = @_;
    my $pid = delete $self->{pid};
    return if !$pid || $self->{owner} != $$;
    local $?;    ## waitpid changes it, also at the end of the test
    kill 'TERM', $pid;
    waitpid $pid, 0;
    return;
}

sub DESTROY { $_[0]->stop; return }

sub authority { return "127.0.0.1:$_[0]{port}" }

1;
