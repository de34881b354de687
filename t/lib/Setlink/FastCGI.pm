# SPDX-License-Identifier: MIT
# A worker without a web server: FastCGI spoken over a unix socket, and plain
# CGI.
package Setlink::FastCGI;

use strict;
use warnings;

use IO::Socket::UNIX;
use POSIX ();
use Setlink::Clock;
use Setlink::Command qw(program);
use Setlink::Http qw(parse_answer);
use Setlink::Process qw(scratch);

# Record types of FastCGI 1.0.
our ($BEGIN, $ABORT, $END, $PARAMS, $STDIN, $STDOUT) = (1, 2, 3, 4, 5, 6);

my $SECONDS = 60;
my $count = 0;
my %running;

# What a web server says of a simple request.
sub variables {
    my (%given) = @_;
    my %all = (
        REQUEST_METHOD => 'GET',
        REQUEST_URI    => '/health',
        SCRIPT_NAME    => '',
        REMOTE_ADDR    => '127.0.0.1',
        HTTP_HOST      => 'localhost:3000',
        %given
    );
    delete $all{$_} for grep { !defined $all{$_} } keys %all;
    return \%all;
}

# Become the worker, with these settings and no others.
sub run_worker {
    my ($in, $out, $log, $settings, $name) = @_;
    my $program = program($name // 'setlink.fcgi');
    delete @ENV{ grep { /^(?:SETLINK|SESSION_RECORDER)_/ } keys %ENV };
    %ENV = (%ENV, SETLINK_ENV_FILE => '/dev/null', %$settings);
    open STDIN, '<&', $in or POSIX::_exit(126);
    open STDOUT, '>&', $out or POSIX::_exit(126);
    open STDERR, '>>', $log or POSIX::_exit(126);
    exec $program or POSIX::_exit(127);
}

sub spawn_worker {
    my @worker = @_;
    my $pid = fork // die "fork: $!\n";
    run_worker(@worker) if $pid == 0;
    $running{$pid} = $$;
    return $pid;
}

# 0, the exit status, or 128 and the signal.
sub wait_for {
    my ($pid) = @_;
    waitpid $pid, 0;
    delete $running{$pid};
    return $? & 127 ? 128 + ($? & 127) : $? >> 8;
}

# Start so many workers on a new socket of this path.
sub start_all_at {
    my ($class, $workers, $path, $settings, $name) = @_;
    my $listener = IO::Socket::UNIX->new(Local => $path, Listen => 64)
        // die "$path: $!\n";
    open my $null, '>', '/dev/null' or die "/dev/null: $!\n";
    return map { bless { path => $path, pid => spawn_worker($listener, $null,
        "$path.log", $settings, $name) }, $class } 1 .. $workers;
}

sub start_at {
    my ($class, @where) = @_;
    return ($class->start_all_at(1, @where))[0];
}

# Start a worker that ends with the test.
sub start {
    my ($class, %settings) = @_;
    return $class->start_at(scratch() . '/fastcgi' . $count++, \%settings);
}

# Start several on one socket.
sub start_several {
    my ($class, $workers, %settings) = @_;
    return $class->start_all_at($workers, scratch() . '/fastcgi' . $count++,
        \%settings);
}

# The same with a clock that the test moves: `clock`, a Setlink::Clock.
sub start_with_clock {
    my ($class, %settings) = @_;
    my $path = scratch() . '/fastcgi' . $count++;
    $settings{SETLINK_ENV_FILE} //= "$path.env";
    open my $file, '>>', $settings{SETLINK_ENV_FILE} or die "$path.env: $!\n";
    close $file or die "$path.env: $!\n";
    my $self = $class->start_at($path, \%settings, 't/clock/setlink.fcgi');
    $self->{clock} = Setlink::Clock->at($settings{SETLINK_ENV_FILE});
    return $self;
}

# Run the worker as a CGI program; returns its exit status, what it answered
# and what it logged.
sub run_cgi {
    my ($class, $settings, $variables, $body, $name) = @_;
    my $path = scratch() . '/cgi' . $count++;
    open my $in, '+>:raw', "$path.in" or die "$path: $!\n";
    print {$in} $body // '';
    close $in or die "$path: $!\n";
    open $in, '<', "$path.in" or die "$path: $!\n";
    open my $out, '>', "$path.out" or die "$path: $!\n";
    my $status = wait_for(spawn_worker($in, $out, "$path.log",
        { GATEWAY_INTERFACE => 'CGI/1.1', %$settings, %$variables }, $name));
    return ($status, cgi_answer(content("$path.out")), content("$path.log"));
}

sub content {
    my ($path) = @_;
    open my $file, '<:raw', $path or die "$path: $!\n";
    local $/;
    return scalar(<$file>) // '';
}

sub pid   { return $_[0]{pid} }
sub log   { return content("$_[0]{path}.log") }
sub clock { return $_[0]{clock} }

# Ask it to end, which it does when it has answered.
sub terminate { kill 'TERM', $_[0]{pid}; return }
sub wait_end  { return wait_for($_[0]{pid}) }

# End it at once, whatever it does.
sub kill_now {
    my ($self) = @_;
    kill 'KILL', $self->{pid};
    return $self->wait_end;
}

sub record {
    my ($type, $data) = @_;
    return pack('CCnnCC', 1, $type, 1, length $data, 0, 0) . $data;
}

sub name_length {
    my ($length) = @_;
    return $length < 128 ? pack 'C', $length : pack 'N', $length | 1 << 31;
}

# A stream as records of at most 32 KB, and its end.
sub stream {
    my ($type, $data) = @_;
    return join '', map({ record($type, $_) } unpack '(a32768)*', $data),
        record($type, '');
}

sub params_stream {
    my ($variables) = @_;
    return stream($PARAMS, join '', map {
        name_length(length $_) . name_length(length $variables->{$_})
            . $_ . $variables->{$_}
    } sort keys %$variables);
}

# The bytes of the beginning of a request: responder, connection not kept.
sub begin_request { return record($BEGIN, pack 'nCx5', 1, 0) }

sub request_bytes {
    my ($variables, $body) = @_;
    return begin_request() . params_stream($variables)
        . stream($STDIN, $body // '');
}

sub dial {
    my ($self) = @_;
    return IO::Socket::UNIX->new(Peer => $self->{path})
        // die "$self->{path}: $!\n";
}

# All that comes until the worker closes.
sub read_all {
    my ($socket) = @_;
    my $bytes = '';
    local $SIG{ALRM} = sub { die "no answer after $SECONDS s\n" };
    alarm $SECONDS;
    1 while sysread $socket, $bytes, 65536, length $bytes;
    alarm 0;
    return $bytes;
}

# A CGI answer as Setlink::Http makes them.
sub cgi_answer {
    my ($text) = @_;
    $text =~ s/\AStatus: (\d+)/HTTP\/1.1 $1/;
    return parse_answer($text);
}

# The answer in the records of the stream STDOUT.
sub answer_of {
    my ($bytes) = @_;
    my $text = '';
    while (length $bytes >= 8) {
        my (undef, $type, undef, $length, $pad) = unpack 'CCnnC', $bytes;
        $text .= substr $bytes, 8, $length if $type == $STDOUT;
        substr($bytes, 0, 8 + $length + $pad, '');
    }
    return cgi_answer($text);
}

# Send bytes; returns the socket, from which `answer` reads.
sub start_bytes {
    my ($self, $bytes) = @_;
    local $SIG{PIPE} = 'IGNORE';
    my $socket = $self->dial;
    syswrite $socket, $bytes;
    return $socket;
}

# The answer that comes from a socket, of status 0 when there is none.
sub answer { return answer_of(read_all($_[0])) }

# Send bytes, return the answer.
sub send_bytes { return answer(start_bytes(@_)) }

# Send a request, as variables that differ from a simple one, and a body;
# returns the socket.
sub send_request {
    my ($self, $variables, $body) = @_;
    return $self->start_bytes(request_bytes(variables(%$variables), $body));
}

# The same, returns the answer.
sub request { return answer(send_request(@_)) }

# The answer to METHOD, TARGET, a body of JSON as a text, and more variables.
sub ask {
    my ($self, $method, $target, $body, %variables) = @_;
    return $self->request({
        REQUEST_METHOD => $method,
        REQUEST_URI    => $target,
        defined $body ? (CONTENT_TYPE => 'application/json',
            CONTENT_LENGTH => length $body) : (),
        %variables,
    }, $body);
}

END {
    my $status = $?;
    for my $pid (grep { $running{$_} == $$ } keys %running) {
        kill 'KILL', $pid;
        waitpid $pid, 0;
    }
    $? = $status;    ## no critic: waitpid has changed it
}

1;
