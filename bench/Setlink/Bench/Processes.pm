# SPDX-License-Identifier: MIT
# What a process costs: its start as a CGI program, its memory, and what more of
# them give.
package Setlink::Bench::Processes;

use strict;
use warnings;
use utf8;

use Setlink::Bench::Figures qw(median spread table_row reach pss_of);
use Setlink::Bench::Requests;
use Setlink::Command qw(program);

my $STARTS = 200;
my $REQUESTS = 100_000;
my $BASE = '/api/session-recorder';

# Milliseconds from start to exit, the median of many runs.
sub starts {
    my ($environment, @command) = @_;
    local %ENV = %$environment;
    open my $out, '-|', program('bench/starts'), $STARTS, @command
        or die "bench/starts: $!\n";
    my ($value) = (<$out> // '') =~ /\A([\d.]+)\n\z/
        or die "@command: no figure\n";
    close $out or die "@command failed\n";
    return $value;
}

sub cgi {
    my ($instance, $set, $rounds) = @_;
    my %request = (
        SETLINK_BUILD => $ENV{SETLINK_BUILD},
        SETLINK_ENV_FILE => "$instance->{dir}/state/setlink.env",
        REQUEST_METHOD => 'GET', REMOTE_ADDR => '127.0.0.1',
        HTTP_HOST => 'localhost', SERVER_PROTOCOL => 'HTTP/1.1',
    );
    my $query = '/api/sessions/current';
    my @all = (
        ['GET /health', '/health'],
        ['GET the current session: one query', $query],
        ['the same, SETLINK_SANDBOX=off', $query, SETLINK_SANDBOX => 'off'],
        ['GET download: one query, one URL', "$BASE/download/$set/ogg"],
    );
    my @runs = (['a program of libc alone', \%request, '/bin/true']);
    for my $program (grep { eval { program($_) } } qw(setlink.fcgi setlink.cgi)) {
        for my $one (@all) {
            my ($name, $uri, %more) = @$one;
            push @runs, ["$program: $name",
                { %request, REQUEST_URI => $uri, %more }, program($program)];
        }
    }
    my %figures;
    for (1 .. $rounds) {
        push @{ $figures{ $_->[0] } }, starts(@$_[1 .. 2]) for @runs;
    }
    return table_row('CGI, start to exit', 'ms') . table_row(('---') x 2)
        . join('', map { table_row($_->[0],
            spread('%.2f', @{ $figures{ $_->[0] } })) } @runs) . "\n"
        . table_row('reach', 'to be', 'is', '') . table_row(('---') x 4)
        . join('', map { reach("CGI with one query, $_, ms", '≤', 2.5,
            median(@{ $figures{"$_: GET the current session: one query"} })) }
            map { $_->[0] =~ /\A(setlink\S+): GET the current/ } @runs) . "\n";
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
