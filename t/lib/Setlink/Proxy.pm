# SPDX-License-Identifier: MIT
# A private nginx on a free port, for one test.
package Setlink::Proxy;

use strict;
use warnings;

use IO::Socket::INET;
use Setlink::Process
    qw(start_process stop_process free_port wait_until scratch);

my $count = 0;

sub configuration {
    my ($dir, $port, $listen, $server) = @_;
    my $user = $> == 0 ? 'user root root;' : '';
    return <<"END";
$user
worker_processes 1;
pid $dir/nginx.pid;
error_log stderr;
events {
	worker_connections 256;
}
http {
	log_format counted '\$request_method \$status';
	access_log $dir/access.log counted;
	client_body_temp_path $dir/body;
	proxy_temp_path $dir/proxy;
	fastcgi_temp_path $dir/fastcgi;
	uwsgi_temp_path $dir/uwsgi;
	scgi_temp_path $dir/scgi;
	server {
		listen 127.0.0.1:$port $listen;
$server
	}
}
END
}

# A certificate for `host` that signs itself: the files of it and of its key.
sub certificate {
    my ($host) = @_;
    my ($pem, $key) = map { scratch() . "/$host.$_" } qw(pem key);
    system('sh', '-c', 'exec "$@" 2>/dev/null', 'sh', 'openssl', 'req',
        '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj',
        "/CN=$host", '-addext', "subjectAltName=DNS:$host", '-keyout', $key,
        '-out', $pem) == 0
        or die "openssl req failed: $?\n";
    return ($pem, $key);
}

# Start one with `server`, the directives of its only server block, and
# `listen`, options of its listen directive. It ends with the test.
sub start {
    my ($class, %option) = @_;
    my $dir = scratch() . '/nginx' . $count++;
    mkdir $dir or die "$dir: $!\n";
    my $port = free_port();
    open my $file, '>', "$dir/nginx.conf" or die "$dir: $!\n";
    print {$file}
        configuration($dir, $port, $option{listen} // '', $option{server});
    close $file or die "$dir: $!\n";
    my ($nginx) = grep { -x } map { "$_/nginx" } split(/:/, $ENV{PATH}),
        '/usr/sbin', '/usr/local/sbin';
    die "no nginx\n" if !$nginx;
    my $pid = start_process("$dir/error.log", $nginx, '-e', 'stderr', '-p',
        $dir, '-c', "$dir/nginx.conf", '-g', 'daemon off;');
    wait_until($pid, "$dir/error.log", sub {
        IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) });
    return bless { dir => $dir, port => $port, pid => $pid }, $class;
}

sub stop { stop_process($_[0]{pid}); return }

sub port      { return $_[0]{port} }
sub authority { return "127.0.0.1:$_[0]{port}" }

# The requests so far that were answered, each as "METHOD STATUS".
sub requests {
    my ($self) = @_;
    open my $file, '<', "$self->{dir}/access.log" or return;
    chomp(my @lines = <$file>);
    return @lines;
}

# All of them. It is ended for that: the log has a request only some time after
# its answer.
sub all_requests {
    my ($self) = @_;
    $self->stop;
    return $self->requests;
}

1;
