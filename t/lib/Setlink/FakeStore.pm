# SPDX-License-Identifier: MIT
# A stand-in for MinIO whose clock the test moves: what it stores is as old as
# the test says. Real MinIO tells its own time of each object, and cannot be
# told another one, while setlink goes by these times. It answers what setlink
# asks of it: listings (ListObjectsV2) and objects, or parts of them. Signatures
# are not looked at: real MinIO does that in other tests.
package Setlink::FakeStore;

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use POSIX qw(floor);
use Storable qw(freeze thaw);

my $NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';
my $MOST = 1000;

# Start one that ends with the test.
sub start {
    my ($class, $bucket) = @_;
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
        LocalPort => 0, Listen => 64) or die "no free port: $@\n";
    my $self = bless { port => $listener->sockport, owner => $$,
        bucket => $bucket, objects => {}, keys => undef }, $class;
    $self->{pid} = fork // die "fork: $!\n";
    if ($self->{pid} == 0) {
        @SIG{qw(TERM INT HUP PIPE)} = (('DEFAULT') x 3, 'IGNORE');
        eval { $self->serve($listener); 1 } or warn "the fake store: $@";
        POSIX::_exit(1);
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

sub url { return "http://127.0.0.1:$_[0]{port}" }

# Make changes: hashes with `key`, `at` and `size`, `etag`, and `content` or
# `waveform` (numbers of all pairs and of those that are not silent); or with
# `remove`, a prefix.
sub apply {
    my ($self, @changes) = @_;
    return if !@changes;
    my $body = freeze(\@changes);
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $self->{port}) // die "the fake store is gone\n";
    print {$socket} "POST / HTTP/1.1\r\nContent-Length: ", length $body,
        "\r\n\r\n", $body;
    $socket->flush;
    my $line = <$socket> // '';
    die "the fake store: $line\n" if $line !~ /\AHTTP\/1.1 200/;
    return;
}

# --- In the process of the server: many connections, each kept.

sub serve {
    my ($self, $listener) = @_;
    my $select = IO::Select->new($listener);
    my %in;
    while (1) {
        for my $socket ($select->can_read) {
            if ($socket == $listener) {
                $select->add($listener->accept // next);
                next;
            }
            next if $self->read_some($socket, \$in{$socket});
            delete $in{$socket};
            $select->remove($socket);
            close $socket;
        }
    }
    return;
}

sub read_some {
    my ($self, $socket, $in) = @_;
    $$in //= '';
    sysread $socket, $$in, 65536, length $$in or return 0;
    while ($$in =~ /\A(.*?\r\n)\r\n/s) {
        my ($head, $end) = ($1, $+[0]);
        my ($length) = $head =~ /^content-length: *(\d+)/mi;
        return 1 if length $$in < $end + ($length // 0);
        my $body = substr $$in, $end, $length // 0;
        substr $$in, 0, $end + ($length // 0), '';
        send_all($socket, $self->answer_to($head, $body)) or return 0;
    }
    return 1;
}

sub send_all {
    my ($socket, $bytes) = @_;
    while (length $bytes) {
        my $sent = syswrite $socket, $bytes or return 0;
        substr $bytes, 0, $sent, '';
    }
    return 1;
}

sub decode { return $_[0] =~ tr/+/ /r =~ s/%([0-9a-fA-F]{2})/chr hex $1/egr }

sub encode { return $_[0] =~ s{([^A-Za-z0-9_.~/*-])}{sprintf '%%%02X',
        ord $1}egr }

sub answer {
    my ($status, $body, @headers) = @_;
    my %headers = ('Content-Length' => length $body, @headers);
    return "HTTP/1.1 $status So\r\n"
        . join('', map { "$_: $headers{$_}\r\n" } sort keys %headers)
        . "\r\n$body";
}

sub answer_to {
    my ($self, $head, $body) = @_;
    my ($method, $path, $query) =
        $head =~ m{\A(\w+) /([^? ]*)\??(\S*) HTTP} or return answer(400, '');
    return $self->change(@{ thaw($body) }) if $method eq 'POST';
    my %parameter = map { my ($name, $value) = split /=/, $_, 2;
        ($name => decode($value // '')) } split /&/, $query;
    return $self->list(%parameter) if $parameter{'list-type'};
    my ($key) = decode($path) =~ m{\A\Q$self->{bucket}\E/(.+)\z}s
        or return answer(404, '');
    return $self->object($method, $key, $head =~ /^range: *bytes=(\S+)/mi);
}

sub change {
    my ($self, @changes) = @_;
    my $objects = $self->{objects};
    for my $change (@changes) {
        $objects->{ $change->{key} } = $change if defined $change->{key};
        next if !defined $change->{remove};
        delete @{$objects}{ grep { /\A\Q$change->{remove}\E/ }
                keys %$objects };
    }
    $self->{keys} = undef;
    return answer(200, '');
}

sub time_parts {
    my ($seconds) = @_;
    my $whole = floor($seconds + 0.0005);
    return ($whole, floor(($seconds - $whole) * 1000 + 0.5));
}

sub xml_object {
    my ($key, $object) = @_;
    my ($whole, $ms) = time_parts($object->{at});
    my $time = POSIX::strftime('%Y-%m-%dT%H:%M:%S', gmtime $whole);
    return '<Contents><Key>' . encode($key) . '</Key><LastModified>'
        . sprintf('%s.%03dZ', $time, $ms) . '</LastModified><ETag>&#34;'
        . "$object->{etag}&#34;</ETag><Size>$object->{size}</Size>"
        . '<StorageClass>STANDARD</StorageClass></Contents>';
}

sub list {
    my ($self, %parameter) = @_;
    my $objects = $self->{objects};
    my $all = $self->{keys} //= [sort keys %$objects];
    my $prefix = $parameter{prefix} // '';
    my $after = $parameter{'continuation-token'} // '';
    my @keys = grep { $_ gt $after && index($_, $prefix) == 0 } @$all;
    my $more = @keys > $MOST;
    splice @keys, $MOST if $more;
    return answer(200, qq(<?xml version="1.0" encoding="UTF-8"?>\n)
        . qq(<ListBucketResult xmlns="$NAMESPACE"><Name>$self->{bucket}</Name>)
        . '<Prefix>' . encode($prefix) . '</Prefix><KeyCount>' . @keys
        . "</KeyCount><MaxKeys>$MOST</MaxKeys>"
        . '<EncodingType>url</EncodingType><IsTruncated>'
        . ($more ? 'true</IsTruncated><NextContinuationToken>'
            . encode($keys[-1]) . '</NextContinuationToken>'
            : 'false</IsTruncated>')
        . join('', map { xml_object($_, $objects->{$_}) } @keys)
        . '</ListBucketResult>', 'Content-Type' => 'application/xml');
}

# Bytes of a waveform: its head, music, and silence.
sub waveform_bytes {
    my ($object, $from, $length) = @_;
    my ($pairs, $loud) = @{ $object->{waveform} };
    my $bytes = pack('l<L<l<l<L<', 1, 1, 48_000, 256, $pairs)
        . "\x80\x7f" x $loud . "\0\0" x ($pairs - $loud);
    return substr $bytes, $from, $length;
}

sub bytes_of {
    my ($object, $from, $length) = @_;
    return waveform_bytes($object, $from, $length) if $object->{waveform};
    return substr $object->{content} // '-' x $object->{size}, $from, $length;
}

sub object {
    my ($self, $method, $key, $range) = @_;
    my $object = $self->{objects}{$key}
        // return answer(404, '<?xml version="1.0"?><Error><Code>NoSuchKey'
        . '</Code></Error>', 'Content-Type' => 'application/xml');
    my ($whole) = time_parts($object->{at});
    my @headers = (ETag => "\"$object->{etag}\"",
        'Last-Modified' => POSIX::strftime('%a, %d %b %Y %H:%M:%S GMT',
            gmtime $whole), 'Content-Type' => 'application/octet-stream');
    my $size = $object->{size};
    if (defined $range && $range =~ /\A(\d+)-(\d+)\z/) {
        return answer(416, '') if $1 >= $size;
        my $to = $2 < $size ? $2 : $size - 1;
        return answer(206, bytes_of($object, $1, $to - $1 + 1), @headers,
            'Content-Range' => "bytes $1-$to/$size");
    }
    return answer(200, $method eq 'HEAD' ? ''
        : bytes_of($object, 0, $size), @headers, 'Content-Length' => $size);
}

1;
