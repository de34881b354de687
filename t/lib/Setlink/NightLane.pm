# SPDX-License-Identifier: MIT
# A worker with a database and a fake store of its own, in which random nights
# are played, many at a time: each lies two days after the one before it.
package Setlink::NightLane;

use strict;
use warnings;

use Digest::MD5 qw(md5_hex);
use POSIX ();
use Setlink::Command qw(program);
use Setlink::FakeStore;
use Setlink::FastCGI;
use Setlink::Http qw(write_json);
use Time::HiRes qw(sleep time);

my $BUCKET = 'session-recorder';

# The time of no zone's change, and long before the test is run.
our $START = 1_700_000_000;

# `database`, a Setlink::Database; settings of a database in it. The process
# that plays may be another one than that which calls this.
sub new {
    my ($class, $database, %settings) = @_;
    my $store = Setlink::FakeStore->start($BUCKET);
    %settings = (%settings, SETLINK_LOG => 'error',
        SESSION_RECORDER_MINIO_ENDPOINT   => $store->url,
        SESSION_RECORDER_MINIO_ACCESS_KEY => 'admin',
        SESSION_RECORDER_MINIO_SECRET_KEY => 'password123',
        SESSION_RECORDER_BUCKET_NAME      => $BUCKET,
        SESSION_RECORDER_SYNC_INTERVAL    => 86_400,
        SESSION_RECORDER_WAIT_DAYS        => 3650);
    my $worker = Setlink::FastCGI->start_with_clock(%settings);
    $settings{SETLINK_ENV_FILE} =
        $worker->clock->{path} =~ s/\.test-clock\z//r;
    return bless { store => $store, worker => $worker,
        settings => \%settings, program => program('t/clock/setlink'),
        sql => $database->connect($settings{SETLINK_DB_NAME}) }, $class;
}

sub begin {
    my ($self) = @_;
    $self->clock($START);
    $self->sync;
    $self->{djs} = [map { $self->ask('POST', '/api/djs/register',
        { name => "DJ $_" })->{id} } 1 .. 60];
    return;
}

sub clock { return $_[0]{worker}->clock->set($_[1]) }

sub ask {
    my ($self, $method, $target, $body) = @_;
    my $answer = $self->{worker}->ask($method, $target,
        $body && write_json($body));
    die "$method $target: $answer->{status} $answer->{content}\n"
        if $answer->{status} !~ /\A2/;
    return $answer->{json};
}

# Several lanes do this at the same time, each with a file of its own.
sub sync {
    my ($self) = @_;
    my $log = "$self->{settings}{SETLINK_ENV_FILE}.log";
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        %ENV = (%ENV, %{ $self->{settings} });
        open STDOUT, '>', $log or POSIX::_exit(126);
        open STDERR, '>&', \*STDOUT or POSIX::_exit(126);
        exec $self->{program}, 'sync' or POSIX::_exit(127);
    }
    waitpid $pid, 0;
    die "setlink sync failed, see $log\n" if $? != 0;
    return;
}

# Wait until all that events have left is done.
sub settle {
    my ($self) = @_;
    my $end = time + 60;
    until ($self->{sql}->value('SELECT NOT EXISTS (SELECT 1 FROM'
        . ' events_pending) AND NOT EXISTS (SELECT 1 FROM sync_state WHERE'
        . ' relink_due > relinked)')) {
        die "events are never done\n" if time > $end;
        sleep 0.02;
    }
    return;
}

sub clear {
    my ($self) = @_;
    $self->settle;
    $self->{sql}->query("DELETE FROM $_") for qw(session_recordings
        session_djs sessions recordings recorders);
    $self->{store}->apply({ remove => '' });
    return;
}

# A recorder's own object.
sub recorder_object {
    my ($self, $recorder, $at) = @_;
    my $content = write_json({ id => $recorder->{id},
        name => $recorder->{name} });
    return { key => "$recorder->{id}/metadata.json", at => $at,
        content => $content, size => length $content,
        etag => md5_hex($content) };
}

1;
