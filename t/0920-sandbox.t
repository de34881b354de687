# SPDX-License-Identifier: MIT
# The sandbox of the programs: what the kernel says of a worker, what becomes
# of one that fails, and what the log says when it is not as it should be.
# (t/unit/test-sandbox.c tries what is refused; all other tests run in it.)
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Setlink::Command qw(program);
use Setlink::FastCGI;
use Setlink::Instance;
use Setlink::Process qw(scratch);
use Test::More;

plan skip_all => 'a build with sanitizers has no sandbox'
    if Setlink::Instance::is_sanitized();

# The lines of /proc/PID/status, as a hash.
sub status_of {
    my ($pid) = @_;
    return { Setlink::FastCGI::content("/proc/$pid/status")
            =~ /^(\w+):\s*(.*)$/mg };
}

# A settings file with this mode.
sub settings_file {
    my ($mode) = @_;
    my $path = scratch() . "/settings$mode.env";
    open my $file, '>', $path or die "$path: $!\n";
    print {$file} "SETLINK_LOG=info\n";
    close $file or die "$path: $!\n";
    chmod oct $mode, $path or die "$path: $!\n";
    return $path;
}

# Start a worker, which has answered.
sub start {
    my $worker = Setlink::FastCGI->start(@_);
    is(Setlink::FastCGI::answer($worker->send_request({}))->{status}, 200,
        'the worker answers');
    return $worker;
}

system('prlimit', '--pid', $$, '--core=1000000') == 0
    or die "prlimit: no core files can be allowed\n";

subtest 'a worker' => sub {
    my $worker = start(SETLINK_ENV_FILE => settings_file('0640'));
    my $status = status_of($worker->pid);
    is($status->{Seccomp}, 2, 'has a list of system calls');
    is($status->{NoNewPrivs}, 1, 'gets no new privileges');
    like($status->{CapEff}, qr/\A0+\z/, 'has no capabilities');
    like(Setlink::FastCGI::content('/proc/' . $worker->pid . '/limits'),
        qr/^Max core file size\s+0\s+0\s/m, 'leaves no core file');
    unlike($worker->log, qr/event=(?:sandbox|settings)/, 'logs nothing of it');
    kill 'ABRT', $worker->pid;
    waitpid $worker->pid, 0;
    is($? & 127, 6, 'can be aborted');
    is($? & 128, 0, 'without a core file');
};

subtest 'a worker that is told to do without' => sub {
    my $worker = start(SETLINK_SANDBOX => 'off');
    my $status = status_of($worker->pid);
    is($status->{Seccomp}, 0, 'has no list');
    is($status->{NoNewPrivs}, 0, 'may get privileges');
    like($worker->log, qr/level=warn event=sandbox_off$/m, 'logs it');
    like(Setlink::FastCGI::content('/proc/' . $worker->pid . '/limits'),
        qr/^Max core file size\s+0\s+0\s/m, 'and leaves no core file');
};

subtest 'settings that everybody can read' => sub {
    my $path = settings_file('0644');
    my $worker = start(SETLINK_ENV_FILE => $path);
    like($worker->log, qr/level=warn event=settings_exposed .* \Q$path\E$/m,
        'are named in the log');
};

# The memory of a process that hides it belongs to root.
subtest 'another user' => sub {
    plan skip_all => 'only root can be another user' if $> != 0;
    my $folder = scratch();
    my $bin = "$folder/bin";
    mkdir $bin or die "$bin: $!\n";
    chmod 0755, $folder, $bin;
    system('cp', program('setlink.fcgi'), $bin) == 0 or die "cp: $?\n";
    open my $run, '>', "$bin/run" or die "$bin/run: $!\n";
    print {$run} "#!/bin/sh\nexec setpriv --reuid 65534 --regid 65534"
        . " --clear-groups $bin/setlink.fcgi\n";
    close $run or die "$bin/run: $!\n";
    chmod 0755, "$bin/run";
    local $ENV{SETLINK_BUILD} = $bin;
    my $path = "$folder/other";
    my $worker = Setlink::FastCGI->start_at($path, {}, 'run');
    is(Setlink::FastCGI::answer($worker->send_request({}))->{status}, 200,
        'its worker answers');
    my $pid = $worker->pid;
    is((split ' ', status_of($pid)->{Uid})[1], 65534, 'is not root');
    is((stat "/proc/$pid/$_")[4], 0, "and shows nobody its $_")
        for qw(environ mem maps);
    unlike($worker->log, qr/runs_as_root/, 'of which the log says nothing');
};

subtest 'root' => sub {
    plan skip_all => 'not root' if $> != 0;
    like(start()->log, qr/level=warn event=runs_as_root /, 'is warned of');
};

done_testing;
