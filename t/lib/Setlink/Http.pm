# SPDX-License-Identifier: MIT
# HTTP as bytes on sockets: what a polite client would not send, and many
# requests at the same time.
package Setlink::Http;

use strict;
use warnings;

use Exporter 'import';
use IO::Select;
use IO::Socket::INET;
use JSON::PP ();

our @EXPORT_OK = qw(request_text exchange hang_up parse_answer read_json
    write_json);

my $SECONDS = 90;
my $JSON    = JSON::PP->new->utf8->allow_nonref->canonical;

sub read_json  { return $JSON->decode($_[0]) }
sub write_json { return $JSON->encode($_[0]) }

# The bytes of a request. A body that is a reference is sent as JSON; headers
# are pairs, and replace those that are sent otherwise. One that is undef is
# not sent.
sub request_text {
    my ($host, $method, $target, $body, @headers) = @_;
    my %header = (host => $host, connection => 'close');
    if (ref $body) {
        $body = write_json($body);
        $header{'content-type'} = 'application/json';
    }
    $header{'content-length'} = length $body if defined $body;
    while (my ($name, $value) = splice @headers, 0, 2) {
        $header{ lc $name } = $value;
    }
    return join '', "$method $target HTTP/1.1\r\n",
        (map { "$_: $header{$_}\r\n" }
            grep { defined $header{$_} } sort keys %header),
        "\r\n", $body // '';
}

sub dial {
    my ($port) = @_;
    return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port)
        // die "port $port: $@\n";
}

sub begin_call {
    my ($port, $text) = @_;
    my $socket = dial($port);
    $socket->blocking(0);
    return { socket => $socket, out => $text, in => '' };
}

# A server that refuses a request may close before it has read all of it.
sub send_some {
    my ($call) = @_;
    my $n = syswrite $call->{socket}, $call->{out}, 65536;
    return if !defined $n && $!{EAGAIN};
    substr($call->{out}, 0, $n // length $call->{out}, '');
    return;
}

sub receive_some {
    my ($call) = @_;
    my $n = sysread $call->{socket}, $call->{in}, 65536, length $call->{in};
    return if !defined $n && $!{EAGAIN};
    delete $call->{socket} if !$n || is_whole($call->{in});
    return;
}

# Whether an answer that has a length is there. (A server may keep a connection
# open for a while though it was asked to close it.)
sub is_whole {
    my ($text) = @_;
    my ($head, $content) = split /\r\n\r\n/, $text, 2;
    return defined $content && $head =~ /^Content-Length: (\d+)/mi
        && length $content >= $1;
}

sub step {
    my (@open) = @_;
    local $SIG{PIPE} = 'IGNORE';
    my %by = map { fileno($_->{socket}) => $_ } @open;
    my $readers = IO::Select->new(map { $_->{socket} } @open);
    my $writers = IO::Select->new(
        map { $_->{socket} } grep { length $_->{out} } @open);
    my ($in, $out) = IO::Select->select($readers, $writers, undef, 1);
    send_some($by{ fileno $_ }) for @{ $out // [] };
    receive_some($by{ fileno $_ }) for @{ $in // [] };
    return;
}

# Send all requests at once, each on its own connection. Returns the answers in
# their order, as parse_answer makes them.
sub exchange {
    my ($port, @texts) = @_;
    my @calls = map { begin_call($port, $_) } @texts;
    my $end = time + $SECONDS;
    while (my @open = grep { $_->{socket} } @calls) {
        if (time > $end) {
            my ($line) = $open[0]{in} || $texts[0];
            die "no answer after $SECONDS s: " . substr($line, 0, 200) . "\n";
        }
        step(@open);
    }
    return map { parse_answer($_->{in}) } @calls;
}

# Send a request and go without reading an answer.
sub hang_up {
    my ($port, $text) = @_;
    my $socket = dial($port);
    local $SIG{PIPE} = 'IGNORE';
    syswrite $socket, $text;
    close $socket;
    return;
}

sub join_chunks {
    my ($text) = @_;
    my $whole = '';
    while ($text =~ s/\A([0-9a-fA-F]+)[^\r\n]*\r\n//) {
        my $size = hex $1;
        last if $size == 0;
        $whole .= substr $text, 0, $size, '';
        $text =~ s/\A\r\n//;
    }
    return $whole;
}

# status (0 when the server just closed), headers (names in lower case, values
# of one name joined), content, and json when it is JSON.
sub parse_answer {
    my ($text) = @_;
    1 while $text =~ s/\AHTTP\/1\.1 1\d\d .*?\r\n\r\n//s;
    my ($head, $content) = split /\r\n\r\n/, $text, 2;
    my ($first, @lines) = split /\r\n/, $head // '';
    my %answer = (status => 0, headers => {}, content => $content // '');
    $answer{status} = $1 if ($first // '') =~ /\AHTTP\/1\.[01] (\d{3})/;
    for (@lines) {
        my ($name, $value) = /\A([^:]+):\s*(.*)/ or next;
        $name = lc $name;
        $answer{headers}{$name} = defined $answer{headers}{$name}
            ? "$answer{headers}{$name}, $value" : $value;
    }
    $answer{content} = join_chunks($answer{content})
        if ($answer{headers}{'transfer-encoding'} // '') eq 'chunked';
    $answer{json} = eval { read_json($answer{content}) }
        if ($answer{headers}{'content-type'} // '') =~ /json/;
    return \%answer;
}

1;
