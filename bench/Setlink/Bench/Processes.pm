# What a process costs: its start as a CGI program, its memory, and what more of
# them give.
package Setlink::Bench::Processes;

use strict;
use warnings;
use utf8;

use POSIX ();
use Setlink::Bench::Figures qw(median spread table_row reach pss_of);
use Setlink::Bench::Requests;
use Setlink::Command qw(program);
use Time::HiRes qw(time);

my $STARTS = 200;
my $REQUESTS = 100_000;
my $BASE = '/api/session-recorder';

# Milliseconds from start to exit of each of so many runs.
sub starts {
    my ($environment, @command) = @_;
    my @milliseconds;
    for (1 .. $STARTS) {
        my $begun = time;
        my $pid = fork // die "fork: $!\n";
        if ($pid == 0) {
            %ENV = %$environment;
            open STDOUT, '>', '/dev/null' or POSIX::_exit(126);
            open STDERR, '>&', \*STDOUT or POSIX::_exit(126);
            exec { $command[0] } @command or POSIX::_exit(127);
        }
        waitpid $pid, 0;
        die "$command[0] failed\n" if $? != 0;
        push @milliseconds, 1000 * (time - $begun);
    }
    return @milliseconds;
}

sub cgi {
    my ($instance, $set, $rounds) = @_;
    my %request = (
        SETLINK_ENV_FILE => "$instance->{dir}/state/setlink.env",
        REQUEST_METHOD => 'GET', REMOTE_ADDR => '127.0.0.1',
        HTTP_HOST => 'localhost', SERVER_PROTOCOL => 'HTTP/1.1',
    );
    my @runs = (
        ['a program of libc alone', {}, '/bin/true'],
        ['GET /health', { %request, REQUEST_URI => '/health' },
            program('setlink.fcgi')],
        ['GET the current session: one query', { %request, REQUEST_URI =>
                '/api/sessions/current' }, program('setlink.fcgi')],
        ['GET download: one query, one URL', { %request, REQUEST_URI =>
                "$BASE/download/$set/ogg" }, program('setlink.fcgi')],
    );
    my %figures;
    for (1 .. $rounds) {
        push @{ $figures{ $_->[0] } }, median(starts(@$_[1 .. 2])) for @runs;
    }
    return table_row('CGI, start to exit', 'ms') . table_row(('---') x 2)
        . join('', map { table_row($_->[0],
            spread('%.2f', @{ $figures{ $_->[0] } })) } @runs) . "\n"
        . table_row('reach', 'to be', 'is', '') . table_row(('---') x 4)
        . reach('CGI with one query, ms', '≤', 2.5,
            median(@{ $figures{'GET the current session: one query'} })) . "\n";
}

sub executions {
    my ($instance) = @_;
    return ($instance->query("SELECT VARIABLE_VALUE FROM"
            . ' information_schema.GLOBAL_STATUS'
            . " WHERE VARIABLE_NAME = 'Com_stmt_execute'"))[0][0];
}

sub load {
    my ($instance, $target) = @_;
    my $port = $instance->port;
    my ($requests) = `wrk -t 1 -c 16 -d 5s http://127.0.0.1:$port$target`
        =~ /(\d+) requests in/ or die "wrk failed\n";
    return $requests;
}

# Memory of each worker after so many requests, and how many statements a
# download is.
sub memory {
    my ($instance, $set) = @_;
    my $download = "$BASE/download/$set/ogg";
    my $before = executions($instance);
    my $done = load($instance, $download);
    my $statements = (executions($instance) - $before) / $done;
    while ($done < $REQUESTS) {
        $done += load($instance, $_) for $download,
            "$BASE/available-sessions?limit=100";
    }
    my @pss = map { pss_of($_) / 1024 } $instance->worker_pids;
    my $most = (sort { $b <=> $a } @pss)[0];
    return table_row('memory', 'PSS, MB') . table_row(('---') x 2)
        . table_row("each worker after $done requests", spread('%.1f', @pss))
        . "\n" . table_row('reach', 'to be', 'is', '') . table_row(('---') x 4)
        . reach('PSS of a worker, MB', '≤', 5, $most)
        . reach('statements a download', '≤', 1.01, $statements) . "\n";
}

sub growth {
    my (%option) = @_;
    my $text = table_row('workers', 'a second', 'CPU µs a request')
        . table_row(('---') x 3);
    for my $workers (1, 2, 4, 8) {
        my ($instance, $set) = Setlink::Bench::Requests::start_instance(
            'nginx', 1, $workers);
        my $one = { name => $workers, port => $instance->port,
            processes => Setlink::Bench::Requests::processes_of($instance),
            target => "$BASE/download/$set/ogg" };
        my $figures = Setlink::Bench::Requests::measure_all([$one], %option,
            connections => 16)->{$workers};
        $text .= table_row($workers,
            spread('%.0f', map { $_->{rate} } @$figures),
            spread('%.0f', map { $_->{sum} } @$figures));
        $instance->stop;
    }
    return "$text\n";
}

sub run {
    my ($class, %option) = @_;
    my ($instance, $set) =
        Setlink::Bench::Requests::start_instance('nginx', 1);
    my $text = cgi($instance, $set, $option{rounds})
        . memory($instance, $set);
    $instance->stop;
    return $text . growth(%option);
}

1;
