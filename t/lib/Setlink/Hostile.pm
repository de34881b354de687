# SPDX-License-Identifier: MIT
# A server in MinIO's place that answers as a test says, and as nobody should.
package Setlink::Hostile;

use strict;
use warnings;

use Exporter 'import';
use IO::Socket::INET;
use POSIX ();
use Setlink::Process qw(scratch);

our @EXPORT_OK = qw(answer listing object send_bytes pour relay);

my $NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';
my $count = 0;

# The text of an answer: status, body, headers (pairs).
sub answer {
    my ($status, $body, @headers) = @_;
    my %headers = ('Content-Length' => length $body, @headers);
    return "HTTP/1.1 $status So\r\nConnection: close\r\n"
        . join('', map { "$_: $headers{$_}\r\n" }
            grep { defined $headers{$_} } sort keys %headers)
        . "\r\n$body";
}

# What a listing says of an object.
sub object {
    my ($key, $size) = @_;
    return "<Contents><Key>$key</Key><Size>@{[ $size // 1 ]}</Size>"
        . '<ETag>"e"</ETag></Contents>';
}

# The XML of a page; `token` is that of the next one.
sub listing {
    my ($bucket, $content, $token) = @_;
    my $more = defined $token
        ? "<NextContinuationToken>$token</NextContinuationToken>" : '';
    return qq(<?xml version="1.0"?><ListBucketResult xmlns="$NAMESPACE">)
        . "<Name>$bucket</Name><Prefix></Prefix><IsTruncated>"
        . ($more ? 'true' : 'false') . "</IsTruncated>$more$content"
        . '</ListBucketResult>';
}

# Send all of it; dies when the client has hung up.
sub send_bytes {
    my ($client, $bytes) = @_;
    while (length $bytes) {
        my $sent = syswrite $client, $bytes or die "hung up\n";
        substr $bytes, 0, $sent, '';
    }
    return;
}

# Send `bytes` again and again until the client hangs up or `most` bytes are
# sent; returns their number.
sub pour {
    my ($client, $bytes, $most) = @_;
    my $poured = 0;
    while ($poured < $most) {
        $poured += syswrite($client, $bytes) || return $poured;
    }
    return $poured;
}

# Have the request answered by the server at `port`.
sub relay {
    my ($client, $head, $port) = @_;
    my $server = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $port) or return;
    send_bytes($server, $head =~ s/\r\n\r\n\z/\r\nConnection: close\r\n\r\n/r);
    my $answer = do { local $/; <$server> };
    send_bytes($client, $answer // '');
    return;
}

sub read_head {
    my ($client) = @_;
    my $head = '';
    while ($head !~ /\r\n\r\n/) {
        sysread($client, $head, 4096, length $head) or return;
    }
    return $head;
}

sub serve {
    my ($self, $client) = @_;
    my $head = read_head($client) // return;
    $self->note("request $head");
    my $number = grep { /\Arequest / } $self->notes;
    my $poured = $self->{answer}->($client, $head, $number);
    $self->note("poured $poured") if ($poured // '') =~ /\A\d+\z/;
    shutdown $client, 1;
    return;
}

# Start one that ends with the test. `answer` gets the socket, the head of the
# request and its number; what it returns is the number of bytes it has poured.
# Each connection is a process of its own, for one request.
sub start {
    my ($class, $answer) = @_;
    my $listener = IO::Socket::INET->new(
        LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 64)
        or die "no free port: $@\n";
    my $self = bless { port => $listener->sockport, owner => $$,
        answer => $answer, log => scratch() . '/hostile' . $count++ }, $class;
    $self->{pid} = fork // die "fork: $!\n";
    return $self if $self->{pid};
    POSIX::setpgid(0, 0);
    @SIG{qw(TERM INT HUP PIPE CHLD)} = (('DEFAULT') x 3, ('IGNORE') x 2);
    while (1) {
        my $client = $listener->accept or next;
        my $pid = fork // die "fork: $!\n";
        if ($pid == 0) {
            eval { $self->serve($client); 1 };
            POSIX::_exit(0);
        }
        close $client;
    }
    return;
}

sub note {
    my ($self, $text) = @_;
    open my $log, '>>:raw', $self->{log} or die "$self->{log}: $!\n";
    syswrite $log, "$text\0";
    close $log or die "$self->{log}: $!\n";
    return;
}

sub notes {
    my ($self) = @_;
    open my $log, '<:raw', $self->{log} or return;
    local $/ = "\0";
    chomp(my @notes = <$log>);
    return @notes;
}

# The heads of the requests so far, and how many bytes were poured at most.
sub requests { return map { s/\Arequest //r } grep { /\Areq/ } $_[0]->notes }

sub poured {
    my ($self) = @_;
    my ($most) = sort { $b <=> $a } map { /\Apoured (\d+)/ } $self->notes;
    return $most // 0;
}

# The requests so far are forgotten.
sub forget { unlink $_[0]{log}; return }

sub stop {
    my ($self) = @_;
    my $pid = delete $self->{pid};
    return if !$pid || $self->{owner} != $$;
    local $?;    ## waitpid changes it, also at the end of the test
    kill 'TERM', -$pid;
    waitpid $pid, 0;
    return;
}

sub DESTROY { $_[0]->stop; return }

sub port      { return $_[0]{port} }
sub authority { return "127.0.0.1:$_[0]{port}" }
sub url       { return "http://127.0.0.1:$_[0]{port}" }

1;
