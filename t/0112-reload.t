# SPDX-License-Identifier: MIT
# SIGHUP: a worker reads its settings again and opens its log anew, between two
# requests; settings that are wrong change nothing. And what becomes of a log
# that cannot be written.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Setlink::Command qw(setlink);
use Setlink::FastCGI;
use Setlink::Process qw(scratch);
use Setlink::Shape qw(is_status is_problem);
use Test::More;
use Time::HiRes qw(sleep);

my $TOP  = "$FindBin::Bin/..";
my $dir  = scratch();
my $file = "$dir/settings";
my $log  = "$dir/setlink.log";
my %WITHOUT_DATABASE = (SETLINK_DB_SOCKET => "$dir/no-database");

sub write_settings {
    my (%settings) = @_;
    open my $out, '>', $file or die "$file: $!\n";
    print {$out} map { "$_=$settings{$_}\n" } sort keys %settings;
    close $out or die "$file: $!\n";
    return;
}

sub content { return -e $_[0] ? Setlink::FastCGI::content($_[0]) : '' }

sub status_of { return content("/proc/$_[0]/status") }

sub waits_for {
    my ($name, $ready) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    for (1 .. 1_000) {
        return pass($name) if $ready->();
        sleep 0.01;
    }
    return fail($name);
}

write_settings(SETLINK_LOG_FILE => $log);
my $worker = Setlink::FastCGI->start(%WITHOUT_DATABASE,
    SETLINK_ENV_FILE => $file);

# What all pages may do shows which settings hold.
sub origins {
    my ($answer) = @_;
    return $answer->{headers}{'access-control-allow-origin'} // 'none';
}

sub ask { return $worker->request({ HTTP_ORIGIN => 'https://a.example' }) }

# Send SIGHUP, and wait for a line in the log.
sub reload {
    my ($line, $path) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $path //= $log;
    my $before = length content($path);
    kill 'HUP', $worker->pid;
    return waits_for("SIGHUP: $line", sub {
        substr(content($path), $before) =~ /$line/ });
}

subtest 'a log of its own' => sub {
    is_status(ask(), 200, 'a request');
    like(content($log), qr/event=start.*\n(?:.*\n)+.*event=request .*\n\z/,
        'is in the file');
    is($worker->log, '', 'and stderr has nothing');
    is((stat $log)[2] & 07137, 0, 'others cannot read it');
};

subtest 'settings' => sub {
    is(origins(ask()), 'none', 'as they are at first');
    write_settings(SETLINK_LOG_FILE => $log, SETLINK_CORS_ORIGINS => '*');
    is(origins(ask()), 'none', 'a file that changes changes nothing');
    reload('event=reload');
    is(origins(ask()), '*', 'now they are others');
};

subtest 'settings that are wrong' => sub {
    write_settings(SETLINK_LOG_FILE => $log, SETLINK_REGISTRATION_LIMIT => -1);
    reload('level=error event=bad_setting kept=old SETLINK_REGISTRATION_LIMIT');
    is(origins(ask()), '*', 'the old ones hold');
    write_settings(SETLINK_LOG_FILE => "$dir/no-folder/log");
    rename $log, "$log.1" or die "$log: $!\n";
    reload('event=bad_setting kept=old SETLINK_LOG_FILE: \S*no-folder/log: No');
    is(origins(ask()), '*', 'and do when there is no such log');
    like(content($log), qr/event=request/, 'the old log is opened anew');
    unlink $file or die "$file: $!\n";
    reload('event=bad_setting kept=old settings file');
    is(origins(ask()), '*', 'or no such file');
};

subtest 'a request in hand' => sub {
    write_settings(SETLINK_LOG_FILE => $log);
    my $request = Setlink::FastCGI::request_bytes(Setlink::FastCGI::variables(
        REQUEST_METHOD => 'POST', REQUEST_URI => '/api/djs/register',
        CONTENT_TYPE => 'application/json', CONTENT_LENGTH => 11,
        HTTP_ORIGIN => 'https://a.example'), '{"name":""}');
    my $socket = $worker->start_bytes(substr $request, 0, -20);
    sleep 0.3;
    kill 'HUP', $worker->pid;
    sleep 0.3;
    syswrite $socket, substr $request, -20;
    my $answer = Setlink::FastCGI::answer($socket);
    is_problem($answer, 400, qr/\Aname:/, 'is answered');
    is(origins($answer), '*', 'by the settings that it came under');
    is(origins(ask()), 'none', 'the next one is not');
};

subtest 'a log that is moved away' => sub {
    rename $log, "$log.2" or die "$log: $!\n";
    my $before = length content("$log.2");
    ask();
    like(substr(content("$log.2"), $before), qr/event=request/,
        'is written on');
    reload('event=reload');
    ask();
    like(content($log), qr/event=request/, 'until SIGHUP');
    write_settings(SETLINK_LOG_FILE => "$log.new", SETLINK_LOG => 'error');
    my $old = content($log);
    kill 'HUP', $worker->pid;
    waits_for('another file is made', sub { -e "$log.new" });
    ask();
    is(content("$log.new"), '', 'with another level');
    is(content($log), $old, 'the old one has an end');
};

# The configuration as it is shipped, but for the folder, the user, and which
# workers it tells.
sub logrotate {
    my $config = Setlink::FastCGI::content("$TOP/conf/logrotate/setlink");
    $config =~ s{^/var/log/setlink}{$dir/logs}m or die "no folder\n";
    $config =~ s{create 0640 www-data adm}{create 0640} or die "no user\n";
    $config =~ s{pkill -HUP -x setlink\.fcgi}{'kill -HUP ' . $worker->pid}e
        or die "no signal\n";
    open my $out, '>', "$dir/logrotate.conf" or die "$dir: $!\n";
    print {$out} $config;
    close $out or die "$dir: $!\n";
    local $ENV{PATH} = "$ENV{PATH}:/usr/sbin";
    return system('logrotate', '--force', '--state', "$dir/logrotate.state",
        "$dir/logrotate.conf");
}

subtest 'logrotate' => sub {
    mkdir "$dir/logs", 0750 or die "$dir: $!\n";
    my $path = "$dir/logs/setlink.log";
    write_settings(SETLINK_LOG_FILE => $path);
    kill 'HUP', $worker->pid;
    waits_for('a log in a folder', sub { content($path) =~ /event=reload/ });
    ask();
    is(logrotate(), 0, 'logrotate takes the configuration');
    like(content("$path.1"), qr/event=request.*\n\z/, 'the log has moved');
    waits_for('a new one is begun', sub { content($path) =~ /event=reload/ });
    ask();
    is(() = content($path) =~ /event=request/g, 1, 'and written');
};

# The limit of the size of a file stands for a full disk.
sub limit_file {
    my ($size) = @_;
    system('prlimit', '--pid', $worker->pid, "--fsize=$size:") == 0
        or die "prlimit: $?\n";
    return;
}

subtest 'a log that is full' => sub {
    write_settings(SETLINK_LOG_FILE => $log);
    reload('event=reload');
    limit_file((length content($log)) + 30);
    my $before = length content($log);
    is_status(ask(), 200, 'a request is answered') for 1 .. 3;
    is(length content($log), $before + 30, 'the log ends within a line');
    limit_file('unlimited');
    ask();
    my @lines = split /\n/, substr content($log), $before;
    is(scalar @lines, 3, 'when there is room, two lines more');
    like($lines[1], qr/\Atime=.* level=error event=log_dropped lines=3\z/,
        'tell how many are missing');
    like($lines[2], qr/\Atime=.* event=request/, 'and what is new');
};

# In the sandbox there is no other log than in the folder it began with.
subtest 'a device that is full' => sub {
    my $other = $worker;
    my $confined = status_of($other->pid) =~ /^Seccomp:\s+2$/m;
    my %unconfined = (SETLINK_SANDBOX => 'off');
    write_settings(%unconfined, SETLINK_LOG_FILE => '/dev/full');
    reload('event=bad_setting kept=old SETLINK_LOG_FILE: /dev/full: Perm')
        if $confined;
    $worker = Setlink::FastCGI->start(%WITHOUT_DATABASE,
        SETLINK_ENV_FILE => $file);
    is_status(ask(), 200, 'a request is answered') for 1 .. 3;
    write_settings(%unconfined, SETLINK_LOG_FILE => $log);
    reload('event=log_dropped lines=\d+\n.*event=reload');
    $worker = $other;
};

subtest 'a log that nobody reads' => sub {
    system('mkfifo', "$dir/fifo") == 0 or die "mkfifo: $?\n";
    write_settings(SETLINK_LOG_FILE => "$dir/fifo");
    reload('event=bad_setting kept=old SETLINK_LOG_FILE: ');
    open my $reader, '+<', "$dir/fifo" or die "$dir/fifo: $!\n";
    kill 'HUP', $worker->pid;
    my $right = grep { ask()->{status} == 200 } 1 .. 1_000;
    is($right, 1_000, 'keeps nobody waiting');
};

subtest 'the end' => sub {
    kill 'STOP', $worker->pid;    # it might answer all of them before
    my @sockets = map { $worker->send_request({}) } 1 .. 20;
    $worker->terminate;
    kill 'CONT', $worker->pid;
    is($worker->wait_end, 0, 'comes also while others wait');
    my $answers = grep { Setlink::FastCGI::answer($_)->{status} } @sockets;
    cmp_ok($answers, '<', 20, 'before their turn');
};

subtest 'the command' => sub {
    my %settings = (%WITHOUT_DATABASE, SETLINK_LOG_FILE => "$dir/command.log");
    my (undef, undef, $error) = setlink(\%settings, 'tick');
    like($error, qr/event=database/, 'logs to stderr');
    ok(!-e "$dir/command.log", 'and makes no log');
    open my $made, '>', "$dir/command.log" or die "$dir: $!\n";
    close $made or die "$dir: $!\n";
    (undef, undef, $error) = setlink(\%settings, 'tick');
    unlike($error, qr/event=/, 'but writes to one that is there');
    like(content("$dir/command.log"), qr/event=database/, 'its lines');
    (undef, undef, $error) = setlink({ %settings,
        SETLINK_LOG_FILE => "$dir/no-folder/log" }, 'tick');
    like($error, qr/event=database/, 'a wrong one does not stop it');
};

done_testing;
