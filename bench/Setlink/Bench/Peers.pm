# SPDX-License-Identifier: MIT
# What setlink is measured beside: workers that do next to nothing, and the same
# routes in other languages, all on the database of one instance, behind an
# nginx of their own.
package Setlink::Bench::Peers;

use strict;
use warnings;

use FindBin;
use IO::Socket::INET;
use Setlink::Bench::Figures qw(children_of);
use Setlink::Command qw(program);
use Setlink::Process qw(start_process wait_until free_port scratch);

my $PEERS = "$FindBin::Bin/peers";
my $WORKERS = 4;    # as many as setlink has

# As nginx comes, with an access log, as setlink's has.
sub nginx_conf {
    my ($dir, %port) = @_;
    my $params = join "\n", map { "fastcgi_param $_;" }
        'REQUEST_METHOD $request_method', 'REQUEST_URI $request_uri',
        'QUERY_STRING $query_string', 'CONTENT_TYPE $content_type',
        'CONTENT_LENGTH $content_length', 'REMOTE_ADDR $remote_addr',
        'SERVER_PROTOCOL $server_protocol', 'HTTP_HOST $http_host',
        "SCRIPT_FILENAME $PEERS/php/index.php";
    my $servers = join "\n", map {
        "server { listen 127.0.0.1:$port{$_};"
            . " location / { fastcgi_pass unix:$dir/$_.sock; $params } }"
    } qw(fixed select php);
    return <<"END";
daemon off;
worker_processes auto;
pid $dir/nginx.pid;
error_log $dir/nginx.log warn;
events { worker_connections 1024; }
http {
access_log $dir/access.log;
client_body_temp_path $dir/body;
fastcgi_temp_path $dir/fastcgi;
proxy_temp_path $dir/proxy;
uwsgi_temp_path $dir/uwsgi;
scgi_temp_path $dir/scgi;
upstream go { server 127.0.0.1:$port{go_alone}; keepalive 32; }
$servers
server { listen 127.0.0.1:$port{go}; location / {
proxy_pass http://go; proxy_http_version 1.1; proxy_set_header Connection "";
proxy_set_header Host \$http_host; } }
}
END
}

sub php_conf {
    my ($dir, $environment) = @_;
    my $settings = join '', map { "env[$_]='$environment->{$_}'\n" }
        grep { /^(?:SETLINK_DB|SESSION_RECORDER)_/ } sort keys %$environment;
    my $user = getpwuid $>;
    return <<"END";
[global]
daemonize = no
error_log = $dir/php.log
[www]
user = $user
listen = $dir/php.sock
pm = static
pm.max_children = $WORKERS
clear_env = no
php_admin_value[error_log] = $dir/php-requests.log
php_admin_flag[log_errors] = on
php_admin_flag[opcache.enable] = on
$settings
END
}

sub write_file {
    my ($path, $text) = @_;
    open my $file, '>', $path or die "$path: $!\n";
    print {$file} $text;
    close $file or die "$path: $!\n";
    return $path;
}

# Start a server that is there when `ready` says so. Returns its process id.
sub start_server {
    my ($self, $name, $ready, $environment, @command) = @_;
    my $log = "$self->{dir}/$name.log";
    local %ENV = (%ENV, %$environment);
    my $pid = start_process($log, @command);
    wait_until($pid, $log, $ready);
    return $pid;
}

sub answers {
    my ($port) = @_;
    return sub { IO::Socket::INET->new("127.0.0.1:$port") };
}

sub start_floor {
    my ($self, $name, $environment) = @_;
    my $socket = "$self->{dir}/$name.sock";
    my $pid = $self->start_server($name, sub { -S $socket }, $environment,
        'spawn-fcgi', '-n', '-s', $socket, '--', '/usr/bin/multiwatch', '-f', $WORKERS,
        '--', program('bench/floor'));
    return $pid;
}

# `settings` of an instance, as `quickstart env` and its settings file have
# them. The peers end with the program.
sub start {
    my ($class, $settings) = @_;
    my $dir = scratch() . '/peers';
    mkdir $dir or die "$dir: $!\n";
    my $self = bless { dir => $dir }, $class;
    my %port = map { $_ => free_port() } qw(fixed select php go go_alone);
    my %database = map { $_ => $settings->{$_} } grep { /^SETLINK_DB/ }
        keys %$settings;
    $self->{port} = \%port;
    $self->{app}{fixed} = $self->start_floor('fixed', {});
    $self->{app}{select} = $self->start_floor('select', \%database);
    $self->{app}{go} = $self->start_server('go', answers($port{go_alone}), {
            %$settings, PEER_LISTEN => "127.0.0.1:$port{go_alone}",
            PEER_DSN => "$database{SETLINK_DB_USER}:$database{SETLINK_DB_PASSWORD}"
                . "\@unix($database{SETLINK_DB_SOCKET})/"
                . "$database{SETLINK_DB_NAME}?parseTime=true",
        }, "$ENV{SETLINK_PEERS}/peer-go");
    my ($fpm) = grep { -x } glob '/usr/sbin/php-fpm*';
    $self->{app}{php} = $self->start_server('php', sub { -S "$dir/php.sock" },
        {}, $fpm, '-F', '-R', '-y',
        write_file("$dir/php.conf", php_conf($dir, $settings)))
        if $fpm;
    chmod 0666, glob "$dir/*.sock";
    chmod 0755, $dir, scratch();
    $self->{web} = $self->start_server('nginx', answers($port{go}), {},
        'nginx', '-c', write_file("$dir/nginx.conf", nginx_conf($dir, %port)));
    return $self;
}

# The processes of a peer: { app, web }.
sub processes {
    my ($self, $name) = @_;
    my $app = $self->{app}{ $name eq 'go_alone' ? 'go' : $name };
    return {
        app => [$app, children_of($app)],
        web => $name eq 'go_alone' ? []
            : [$self->{web}, children_of($self->{web})],
    };
}

1;
