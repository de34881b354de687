# SPDX-License-Identifier: MIT
# Several workers on one socket behind a web server, for one test.
package Setlink::Workers;

use strict;
use warnings;

use IO::Socket::UNIX;
use Setlink::FastCGI;
use Setlink::Http qw(request_text exchange);
use Setlink::Process qw(scratch);
use Setlink::Proxy;
use Test::More;

my $count = 0;

sub server_block {
    my ($path) = @_;
    my @names = qw(request_method:REQUEST_METHOD request_uri:REQUEST_URI
        content_type:CONTENT_TYPE content_length:CONTENT_LENGTH
        remote_addr:REMOTE_ADDR);
    my $params = join '', map {
        my ($from, $to) = split /:/;
        "\tfastcgi_param $to \$$from;\n"
    } @names;
    return <<"END";
location / {
	fastcgi_pass unix:$path;
	fastcgi_keep_conn off;
	fastcgi_connect_timeout 5s;
	fastcgi_read_timeout 40s;
	fastcgi_param SCRIPT_NAME "";
$params}
END
}

# Start a worker for each of these settings, each a hash; they end with the
# test. One that is free takes the next request.
sub start {
    my ($class, @settings) = @_;
    my $path = scratch() . '/workers' . $count++;
    my $listener = IO::Socket::UNIX->new(Local => $path, Listen => 128)
        // die "$path: $!\n";
    chmod 0777, $path;
    open my $null, '>', '/dev/null' or die "/dev/null: $!\n";
    my @pids = map { Setlink::FastCGI::spawn_worker($listener, $null,
            "$path.log", $_) } @settings;
    return bless {
        path => $path, pids => \@pids,
        proxy => Setlink::Proxy->start(server => server_block($path)),
    }, $class;
}

sub port { return $_[0]{proxy}->port }
sub log  { return Setlink::FastCGI::content("$_[0]{path}.log") }

# As Setlink::Instance has them.
sub text {
    my ($self, $method, $target, $body, @headers) = @_;
    $body //= '' if $method eq 'POST' || $method eq 'PUT';
    return request_text('localhost:' . $self->port, $method, $target, $body,
        @headers);
}

sub parallel {
    my ($self, @requests) = @_;
    return exchange($self->port, map { $self->text(@$_) } @requests);
}

sub request { return ($_[0]->parallel([@_[1 .. $#_]]))[0] }

# Test that none has died or answered 500, and that no sanitizer found
# anything.
sub are_well {
    my ($self) = @_;
    my @bad = grep { / status=500 |Sanitizer|runtime error:|event=stop / }
        split /\n/, $self->log;
    push @bad, map { "worker $_ has died" } grep { !kill 0, $_ }
        @{ $self->{pids} };
    return is(scalar @bad, 0, 'the workers are well')
        || diag(join "\n", splice @bad, 0, 10);
}

1;
