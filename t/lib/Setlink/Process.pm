# SPDX-License-Identifier: MIT
# Servers that a test starts for itself, and that end with it.
package Setlink::Process;

use strict;
use warnings;

use Exporter 'import';
use File::Temp;
use IO::Socket::INET;
use POSIX ();
use Time::HiRes qw(sleep);

our @EXPORT_OK = qw(start_process stop_process free_port wait_until scratch);

my %running;    # pid => the process that started it
my $scratch;

# A signal has to run END too.
$SIG{$_} = sub { exit 1 } for grep { !$SIG{$_} } qw(INT TERM HUP);

my $MEMORY = '/dev/shm';
my $ROOM   = 2_000_000;    # KB

# Whether there is room in memory, and programs can be run from there.
sub memory_suits {
    return 0 if $ENV{TMPDIR} || !-w $MEMORY;
    my ($room) = `df -Pk $MEMORY` =~ /(\d+)\s+\d+%\s+\S+\n\z/;
    return 0 if !$room || $room < $ROOM;
    my $probe = File::Temp->new(DIR => $MEMORY, TEMPLATE => 'setlink-XXXXXX');
    print {$probe} "#!/bin/sh\n";
    close $probe or return 0;
    chmod 0700, "$probe" or return 0;
    return system("$probe") == 0;
}

# A folder that goes when the test ends; in memory, where MariaDB and MinIO are
# several times faster, unless TMPDIR says where.
sub scratch {
    $scratch //= File::Temp->newdir('setlink-test-XXXXXX',
        memory_suits() ? (DIR => $MEMORY) : (TMPDIR => 1));
    return "$scratch";
}

# A port of the loopback interface that nobody listens on now.
sub free_port {
    my $socket = IO::Socket::INET->new(
        LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 1)
        or die "no free port: $@\n";
    return $socket->sockport;
}

# Start a command with its output in the file `log`. When this process is
# killed outright, the kernel ends the command.
sub start_process {
    my ($log, @command) = @_;
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        open STDIN, '<', '/dev/null' or POSIX::_exit(126);
        open STDOUT, '>>', $log or POSIX::_exit(126);
        open STDERR, '>&', \*STDOUT or POSIX::_exit(126);
        exec 'setpriv', '--pdeathsig', 'TERM', '--', @command
            or POSIX::_exit(127);
    }
    $running{$pid} = $$;
    return $pid;
}

# Whether it still runs; it is reaped when not.
sub is_running {
    my ($pid) = @_;
    return 0 if !$running{$pid};
    return 1 if waitpid($pid, POSIX::WNOHANG()) == 0;
    delete $running{$pid};
    return 0;
}

sub stop_process {
    my ($pid) = @_;
    return if !is_running($pid);
    kill 'TERM', $pid;
    for (1 .. 100) {
        return if !is_running($pid);
        sleep 0.05;
    }
    kill 'KILL', $pid;
    waitpid $pid, 0;
    delete $running{$pid};
    return;
}

# Wait until `ready` says yes. Dies with the end of the log when the process
# ends, or after a minute.
sub wait_until {
    my ($pid, $log, $ready) = @_;
    my $end = time + 60;
    while (is_running($pid)) {
        return if $ready->();
        last if time > $end;
        sleep 0.05;
    }
    open my $file, '<', $log or die "$log: $!\n";
    my @lines = <$file>;
    splice @lines, 0, @lines - 20 if @lines > 20;
    die "a server does not start:\n", @lines;
}

END {
    my $status = $?;
    stop_process($_) for grep { $running{$_} == $$ } keys %running;
    $? = $status;    ## no critic: waitpid has changed it
}

1;
