# SPDX-License-Identifier: MIT
# Running the command `setlink`.
package Setlink::Command;

use strict;
use warnings;

use Exporter 'import';
use POSIX ();
use Setlink::Process qw(scratch);

our @EXPORT_OK = qw(program start_program run_program setlink setlink_start
    setlink_wait);

my $count = 0;

# The path of a program that the build made.
sub program {
    my ($name) = @_;
    for my $top (grep { defined } @ENV{qw(SETLINK_BUILD SETLINK_BIN)}, '.') {
        return "$top/$name" if -x "$top/$name";
    }
    die "$name is not built: run make, or set SETLINK_BUILD"
        . " to the build folder\n";
}

sub content {
    my ($path) = @_;
    open my $file, '<', $path or die "$path: $!\n";
    local $/;
    my $text = <$file>;
    close $file or die "$path: $!\n";
    return $text // '';
}

# Start a program with these settings (a hash) and no others, and arguments.
sub start_program {
    my ($path, $settings, @args) = @_;
    my $base = scratch() . '/command' . $count++;
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        delete @ENV{ grep { /^(?:SETLINK|SESSION_RECORDER)_/ } keys %ENV };
        %ENV = (%ENV, SETLINK_ENV_FILE => '/dev/null', %$settings);
        open STDIN, '<', '/dev/null' or POSIX::_exit(126);
        open STDOUT, '>', "$base.out" or POSIX::_exit(126);
        open STDERR, '>', "$base.err" or POSIX::_exit(126);
        exec $path, @args or POSIX::_exit(127);
    }
    return { pid => $pid, base => $base };
}

# Start `setlink`.
sub setlink_start { return start_program(program('setlink'), @_) }

# Wait for its end. Returns exit status, output and error output; a status
# from 128 on is a signal.
sub setlink_wait {
    my ($started) = @_;
    waitpid $started->{pid}, 0;
    my $status = $? & 127 ? 128 + ($? & 127) : $? >> 8;
    return ($status, map { content("$started->{base}.$_") } qw(out err));
}

# Run any program, or `setlink`.
sub run_program { return setlink_wait(start_program(@_)) }
sub setlink     { return setlink_wait(setlink_start(@_)) }

1;
