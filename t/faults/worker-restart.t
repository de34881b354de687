# SPDX-License-Identifier: MIT
# A new version takes the place of the old one while clients are served: the
# programs are exchanged in one step, then the workers end by SIGTERM, one after
# the other, and at last all at once. With one socket for all workers, which
# stays, nobody is refused: behind nginx, and behind lighttpd when it does not
# start the workers itself.
use strict;
use warnings;

use File::Copy qw(copy);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Setlink::Command qw(program);
use Setlink::Instance;
use Setlink::Load;
use Setlink::Process qw(scratch free_port start_process stop_process
    wait_until);
use Test::More;
use Time::HiRes qw(sleep);

my $bin = scratch() . '/bin';
mkdir $bin or die "$bin: $!\n";
replace($_) for qw(setlink setlink.fcgi);

# A version of its own, which is there at once.
sub replace {
    my ($name) = @_;
    copy(program($name), "$bin/.new") or die "$bin: $!\n";
    open my $file, '>>', "$bin/.new" or die "$bin: $!\n";
    print {$file} 'x';
    close $file or die "$bin: $!\n";
    chmod 0755, "$bin/.new" or die "$bin: $!\n";
    rename "$bin/.new", "$bin/$name" or die "$bin: $!\n";
    return;
}

# Wait until all workers are other ones than these.
sub wait_for_others {
    my ($instance, @pids) = @_;
    my %old = map { $_ => 1 } @pids;
    for (1 .. 600) {
        my @now = $instance->worker_pids;
        return 1 if @now == 4 && !grep { $old{$_} } @now;
        sleep 0.05;
    }
    return 0;
}

sub restart_in_turn {
    my ($instance) = @_;
    my @old = $instance->worker_pids;
    for my $pid (@old) {
        kill 'TERM', $pid;
        wait_for_others($instance, $pid);
    }
    return;
}

sub restart_at_once {
    my ($instance) = @_;
    my @old = $instance->worker_pids;
    kill 'TERM', @old;
    wait_for_others($instance, @old);
    return;
}

sub runs_the_new_one {
    my ($instance) = @_;
    my @gone = grep { !-e "/proc/$_/exe" || readlink("/proc/$_/exe") =~ /delet/ }
        $instance->worker_pids;
    return is(scalar @gone, 0, 'all workers are of the new version');
}

# lighttpd in front of the workers of another instance. Returns its port.
sub lighttpd_before {
    my ($instance) = @_;
    my $port = free_port();
    my $dir  = scratch() . '/lighttpd';
    my $conf = "$FindBin::Bin/../../conf/lighttpd";
    my ($socket) = Setlink::Instance::slurp(
        "$instance->{dir}/state/conf/setlink.d/site.conf") =~ /unix:(.*);/;
    mkdir $dir or die "$dir: $!\n";
    open my $file, '>', "$dir/conf" or die "$dir: $!\n";
    print {$file} <<"END";
server.modules = ( "mod_setenv", "mod_alias", "mod_cgi", "mod_fastcgi" )
server.bind = "127.0.0.1"
server.port = $port
server.document-root = "$dir"
server.upload-dirs = ( "$dir" )
var.setlink_bin = "$bin"
var.setlink_conf = "$conf"
var.setlink_env_file = "/dev/null"
var.setlink_socket = "$socket"
var.setlink_workers = 1
include "$conf/setlink.conf"
fastcgi.server := ( "/" => ( (
    "socket" => var.setlink_socket,
    "check-local" => "disable",
    "fix-root-scriptname" => "enable",
    "connect-timeout" => 5,
    "write-timeout" => 10,
    "read-timeout" => 40,
) ) )
END
    close $file or die "$dir: $!\n";
    local $ENV{PATH} = "$ENV{PATH}:/usr/sbin";
    my $pid = start_process("$dir/log", 'lighttpd', '-D', '-f', "$dir/conf");
    wait_until($pid, "$dir/log",
        sub { IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") });
    return ($port, $pid);
}

sub load_and_restart {
    my ($instance, $name, @ports) = @_;
    my $load = Setlink::Load->start(port => \@ports);
    $load->run_for(1)->fault_begins;
    for my $restart (\&restart_in_turn, \&restart_at_once) {
        replace($_) for qw(setlink setlink.fcgi);
        $restart->($instance);
        $load->run_for(1);
    }
    runs_the_new_one($instance);
    $load->fault_over->run_for(1);
    my $result = $load->stop;
    $load->allow_500_of_lighttpd if $name eq 'lighttpd';
    $load->check_nothing_lost(sub { $instance->query($_[0]) });
    $load->report("a new version, all workers started again twice ($name)");
    return $result;
}

subtest 'one socket' => sub {
    my $instance = Setlink::Instance->start(workers => 4, bin => $bin);
    my ($port, $pid) = lighttpd_before($instance);
    my $result = load_and_restart($instance, 'one socket', $instance->port,
        $port);
    is($result->{refused}, 0, 'nobody is refused');
    stop_process($pid);
    $instance->stop;
    $instance->is_clean;
};

subtest 'workers that lighttpd starts' => sub {
    my $instance = Setlink::Instance->start(workers => 4, bin => $bin,
        server => 'lighttpd');
    my $result = load_and_restart($instance, 'lighttpd', $instance->port);
    is($instance->request('GET', '/api/djs')->{status}, 200, 'it goes on');
    $instance->stop;
    $instance->is_clean;
};

done_testing;
