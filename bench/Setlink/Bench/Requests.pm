# SPDX-License-Identifier: MIT
# Requests, by all that answer them, in turns.
package Setlink::Bench::Requests;

use strict;
use warnings;
use utf8;

use Setlink::Bench::Figures qw(median spread table_row reach cpu_of
    children_of);
use Setlink::Instance;
use Setlink::Night qw(new_set new_recording link_target must);
use Setlink::Bench::Peers;
use Setlink::Recordings qw(recording_objects);

my $BASE = '/api/session-recorder';
my $HOUR = 3600;

# An instance with `count` recordings and a set that is linked, of four workers
# unless it is told.
sub start_instance {
    my ($server, $count, $workers) = @_;
    my $instance = Setlink::Instance->start(server => $server,
        workers => $workers // 4,
        settings => { SESSION_RECORDER_SYNC_INTERVAL => 86_400 });
    my $begin = int(time / $HOUR) * $HOUR - ($count + 24) * $HOUR;
    my @recordings = map {
        my $start = $begin + $_ * $HOUR;
        new_recording(start => $start, end => $start + 3500);
    } 1 .. $count;
    $instance->record(@recordings);
    my $set = new_set($instance, $begin + $HOUR + 10,
        $begin + $HOUR + 3400);
    must($instance, 'POST', link_target($set, $recordings[0]));
    return ($instance, $set);
}

# What a worker of it reads.
sub settings_of {
    my ($instance) = @_;
    my $path = "$instance->{dir}/state/setlink.env";
    open my $file, '<', $path or die "$path: $!\n";
    return { map { /\A(\w+)=["']?(.*?)["']?\n\z/ ? ($1 => $2) : () } <$file> };
}

sub processes_of {
    my ($instance) = @_;
    my $web = $instance->pid('web');
    my @workers = $instance->worker_pids;
    my %is_worker = map { $_ => 1 } @workers;
    return {
        app => \@workers,
        web => [$web, grep { !$is_worker{$_} } children_of($web)],
        database => [$instance->pid('mariadb')],
    };
}

# One round: wrk for `seconds`. Returns the figures of a request.
sub measure {
    my ($one, %option) = @_;
    my %before = map { $_ => cpu_of(@{ $one->{processes}{$_} }) }
        keys %{ $one->{processes} };
    my $out = `wrk -t 1 -c $option{connections} -d $option{seconds}s --latency 'http://127.0.0.1:$one->{port}$one->{target}'`;
    my ($requests) = $out =~ /(\d+) requests in/;
    die "$one->{name}: wrk says:\n$out" if !$requests || $out =~ /Non-2xx|Socket errors/;
    my %figure = map { $_ => (cpu_of(@{ $one->{processes}{$_} }) - $before{$_})
            / $requests } keys %before;
    my $sum = 0;
    $sum += $_ for values %figure;
    my ($p99, $unit) = $out =~ /99%\s+([\d.]+)(us|ms|s)/;
    return { %figure, sum => $sum, rate => $requests / $option{seconds},
        p99 => $p99 * { us => 0.001, ms => 1, s => 1000 }->{$unit} };
}

# All of them, `rounds` times in turns, each round beginning with another one.
# Returns the figures by name.
sub measure_all {
    my ($all, %option) = @_;
    my %figures;
    my @order = @$all;
    for my $round (1 .. $option{rounds}) {
        push @order, shift @order;
        for my $one (@order) {
            push @{ $figures{ $one->{name} } }, measure($one, %option);
        }
    }
    return \%figures;
}

sub medians {
    my ($figures, $name, $of) = @_;
    return median(map { $_->{$of} // 0 } @{ $figures->{$name} });
}

sub show {
    my ($title, $all, $figures) = @_;
    my $text = table_row($title, 'app', 'web', 'database', 'sum', 'a second',
        'p99, ms') . table_row(('---') x 7);
    for my $one (@$all) {
        my @of = @{ $figures->{ $one->{name} } };
        my %column = map { my $key = $_;
            $key => [map { $_->{$key} // 0 } @of] }
            qw(app web database sum rate p99);
        $text .= table_row($one->{name},
            (map { spread('%.0f', @{ $column{$_} }) } qw(app web database sum)),
            sprintf('%.0f', median(@{ $column{rate} })),
            sprintf('%.1f', median(@{ $column{p99} })));
    }
    return "$text\n";
}

sub reaches {
    my ($figures) = @_;
    my $of = sub { medians($figures, @_) };
    return table_row('reach', 'to be', 'is', '') . table_row(('---') x 4)
        . reach('download: app to that of Go', '≤', 0.40,
            $of->('setlink, nginx', 'app') / $of->('Go, nginx', 'app'))
        . reach('download: sum to that of Go', '≤', 0.68,
            $of->('setlink, nginx', 'sum') / $of->('Go, nginx', 'sum'))
        . reach('download: sum to that of Go alone', '≤', 1,
            $of->('setlink, nginx', 'sum') / $of->('Go, alone', 'sum'))
        . reach('session: sum to that of download', '≤', 1.1,
            $of->('setlink, session', 'sum') / $of->('setlink, nginx', 'sum'))
        . reach('download: p99 to that of Go', '≤', 1,
            $of->('setlink, nginx', 'p99') / $of->('Go, nginx', 'p99'))
        . "\n";
}

sub with_target {
    my ($target, @all) = @_;
    return map { { %$_, target => $_->{own} // $target } } @all;
}

sub run {
    my ($class, %option) = @_;
    my ($nginx, $set) = start_instance('nginx', 120);
    my ($lighttpd, $other_set) = start_instance('lighttpd', 120);
    my $peers = Setlink::Bench::Peers->start(settings_of($nginx));
    my $database = [$nginx->pid('mariadb')];
    my @setlink = (
        { name => 'setlink, nginx', port => $nginx->port,
            processes => processes_of($nginx) },
        { name => 'setlink, lighttpd', port => $lighttpd->port,
            processes => processes_of($lighttpd),
            own => "$BASE/download/$other_set/ogg" },
        { name => 'setlink, session', port => $nginx->port,
            processes => processes_of($nginx), own => "$BASE/session/$set" },
    );
    my %names = (fixed => 'fixed answer, nginx', select => 'one SELECT, nginx',
        go => 'Go, nginx', go_alone => 'Go, alone', php => 'PHP, nginx');
    my @peers = map { { name => $names{$_}, port => $peers->{port}{$_},
            processes => { %{ $peers->processes($_) }, database => $database },
        } } qw(fixed select go go_alone php);
    my $text = '';
    for my $connections (16, 64) {
        my @all = with_target("$BASE/download/$set/ogg", @setlink, @peers);
        my $figures = measure_all(\@all, %option,
            connections => $connections);
        $text .= "$connections connections, µs of CPU a request by process,"
            . " medians (and least and most)\n\n"
            . show('download', \@all, $figures) . reaches($figures);
    }
    my @lists = with_target("$BASE/available-sessions?limit=100",
        $setlink[0], @peers[2 .. 4]);
    my $figures = measure_all(\@lists, %option, connections => 16);
    return $text . show('available-sessions, 100', \@lists, $figures)
        . table_row('reach', 'to be', 'is', '') . table_row(('---') x 4)
        . reach('available-sessions: app, µs', '≤', 200,
            medians($figures, 'setlink, nginx', 'app')) . "\n";
}

1;
