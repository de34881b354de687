# SPDX-License-Identifier: MIT
# A worker, and commands, whose n-th allocation fails: t/memory/hooks.c says
# whose allocations count.
package Setlink::Torture;

use strict;
use warnings;

use IO::Handle;
use JSON::PP ();
use POSIX ();
use Setlink::Command qw(program start_program setlink_wait);
use Setlink::Database;
use Setlink::FastCGI;
use Setlink::Invariants qw(broken_invariants);
use Setlink::Minio;
use Setlink::Process qw(scratch);
use Time::HiRes qw(sleep);

our $BUCKET = 'session-recorder';
our $EVENTS_TOKEN = 'token-of-the-events';

my $FOREVER = 2**62;
my $SECONDS = 60;
my $UNSURE  = qr/look whether the change has been made/;
my $count   = 0;

# Tables that say when something was done or tried, and by whom: they change
# also when nothing else does.
my %ASIDE = map { $_ => 1 } qw(access_failures address_counts audit leases
    schema_migrations sync_state);

# With a MariaDB and a MinIO that have the tables and the bucket. Option:
# library, a part of the name of a shared library; in workers only what that
# allocates fails then, see t/memory/library.c.
sub start {
    my ($class, %option) = @_;
    my $database = Setlink::Database->start;
    my $minio = Setlink::Minio->start;
    $minio->make_bucket($BUCKET);
    my $control = scratch() . '/memory' . $count++;
    open my $file, '+>:raw', $control or die "$control: $!\n";
    my $self = bless {
        minio    => $minio,
        library  => $option{library},
        control  => $file,
        settings => {
            $database->create,
            SESSION_RECORDER_BUCKET_NAME      => $BUCKET,
            SESSION_RECORDER_EVENTS_TOKEN     => $EVENTS_TOKEN,
            SESSION_RECORDER_MINIO_ACCESS_KEY => $minio->user,
            SESSION_RECORDER_MINIO_ENDPOINT   => $minio->url,
            SESSION_RECORDER_MINIO_SECRET_KEY => $minio->password,
            SESSION_RECORDER_SYNC_INTERVAL    => 3600,
            SETLINK_REGISTRATION_LIMIT        => 10_000,
            # What a worker starts could not open the control file.
            SETLINK_SANDBOX                   => 'off',
            TEST_MEMORY                       => $control,
        },
    }, $class;
    $self->fail(0, 0);
    $self->{database} = $database;
    $self->{watch} = $database->connect($self->name);
    $self->must('migrate');
    $self->{tables} = [grep { !$ASIDE{$_} }
        map { $_->[0] } $self->query('SHOW TABLES')];
    return $self;
}

sub name  { return $_[0]{settings}{SETLINK_DB_NAME} }
sub minio { return $_[0]{minio} }
sub query { return $_[0]{watch}->query($_[1]) }

# --- What fails.

# From now on the allocations from `first` to `last` fail, in the process `pid`
# alone if there is one. The numbers begin with 1; 0: none fails.
sub fail {
    my ($self, $first, $last, $pid) = @_;
    sysseek $self->{control}, 0, 0;
    syswrite $self->{control}, pack 'q<5', $pid // 0, 0, $first, $last, 0;
    return;
}

# How many allocations there were since then, and how many of them failed. None
# fails from now on.
sub failed {
    my ($self) = @_;
    sysseek $self->{control}, 0, 0;
    sysread $self->{control}, my $text, 40;
    my (undef, $all, undef, undef, $failed) = unpack 'q<5', $text;
    $self->fail(0, 0);
    return ($all, $failed);
}

# --- Commands and requests.

# Run a command; returns what setlink_wait does.
sub command {
    my ($self, @arguments) = @_;
    my %settings = %{ $self->{settings} };
    $settings{TEST_MEMORY_START} = 1 if $self->{from_start};
    return setlink_wait(start_program(program('t/memory/setlink'),
        \%settings, @arguments));
}

# Run one that has to succeed; returns its output.
sub must {
    my ($self, @arguments) = @_;
    my ($status, $out, $err) = $self->command(@arguments);
    die "setlink @arguments: $status $err\n" if $status != 0;
    return $out;
}

# A new worker in the place of the old one. Returns the exit status of that.
sub hire {
    my ($self) = @_;
    my $status = 0;
    if (my $old = delete $self->{worker}) {
        $old->terminate;
        $status = $old->wait_end;
        $self->{log} .= $old->log;
    }
    my %settings = %{ $self->{settings} };
    my $program = 't/memory/setlink.fcgi';
    if ($self->{library}) {
        $program = 'setlink.fcgi';
        $settings{LD_PRELOAD} = program('t/memory/library.so');
        $settings{TEST_MEMORY_OF} = $self->{library};
    }
    $self->{worker} = Setlink::FastCGI->start_at(
        scratch() . '/torture' . $count++, \%settings, $program);
    my $answer = $self->request('GET', '/health');
    die "the worker does not answer\n" if $answer->{status} != 200;
    return $status;
}

# All that workers have written.
sub log {
    my ($self) = @_;
    return ($self->{log} // '') . ($self->{worker} ? $self->{worker}->log : '');
}

# METHOD, TARGET, body (JSON unless it is a text) and variables of CGI.
sub request {
    my ($self, $method, $target, $body, %variables) = @_;
    my $text = ref $body ? JSON::PP::encode_json($body) : $body // '';
    return $self->{worker}->request({
        REQUEST_METHOD => $method,
        REQUEST_URI    => $target,
        CONTENT_LENGTH => length $text,
        length $text ? (CONTENT_TYPE => 'application/json') : (),
        $self->{token} ? (HTTP_AUTHORIZATION => "Bearer $self->{token}") : (),
        %variables,
    }, $text);
}

# --- The state.

# What the state is made of, as a text.
sub state {
    my ($self) = @_;
    return join ' ', map { $_->[1] } $self->query('CHECKSUM TABLE '
        . join(', ', @{ $self->{tables} }) . ' EXTENDED');
}

# The state that `restore` makes again.
sub remember {
    my ($self) = @_;
    my $copy = $self->name . '_copy';
    $self->query("DROP DATABASE IF EXISTS $copy");
    $self->query("CREATE DATABASE $copy");
    $self->query("CREATE TABLE $copy.$_ LIKE $_;"
        . " INSERT INTO $copy.$_ SELECT * FROM $_") for @{ $self->{tables} };
    $self->{remembered} = $self->state;
    return;
}

# What a process has reserved and could not give back is free at once, not only
# when its time is over.
sub free_leases {
    return $_[0]->query('UPDATE leases SET owner = NULL'
        . ' WHERE owner IS NOT NULL');
}

sub restore {
    my ($self) = @_;
    $self->free_leases;
    $self->query('DELETE FROM address_counts');
    return if $self->state eq $self->{remembered};
    my $copy = $self->name . '_copy';
    $self->query(join '; ', 'START TRANSACTION', (map {
        ("DELETE FROM $_", "INSERT INTO $_ SELECT * FROM $copy.$_")
    } @{ $self->{tables} }), 'COMMIT');
    return;
}

# Until no process that a request has started does anything.
sub settle {
    my ($self) = @_;
    my $end = time + $SECONDS;
    while (($self->query('SELECT COUNT(*) FROM leases WHERE owner IS NOT NULL'
        . ' AND until_at > UTC_TIMESTAMP(6)'))[0][0]) {
        die "a process works for ever\n" if time > $end;
        sleep 0.01;
    }
    return;
}

# --- Torture.

# An answer without what differs from one to the next.
sub shape {
    my ($value) = @_;
    return '{' . join(' ', map { "$_:" . shape($value->{$_}) }
        sort keys %$value) . '}' if ref $value eq 'HASH';
    if (ref $value eq 'ARRAY') {
        my %seen = map { shape($_) => 1 } @$value;
        return '[' . join(' ', sort keys %seen) . ']';
    }
    return defined $value ? 'value' : 'null';
}

# The names in an answer; of what was to be found after a change, and is not,
# there is null.
sub members {
    my ($answer) = @_;
    my $json = $answer->{json};
    return ref $json eq 'HASH' ? join ' ', sort keys %$json : ref $json;
}

sub outline {
    my ($answer) = @_;
    return "$answer->{status} " . ($answer->{headers}{'content-type'} // '')
        . ' ' . (defined $answer->{json} ? shape($answer->{json})
            : length $answer->{content} ? 'text' : '');
}

# What is wrong with an answer that is an error for want of memory.
sub wrong_problem {
    my ($answer) = @_;
    my ($headers, $json) = @{$answer}{qw(headers json)};
    return 'no JSON' if ref $json ne 'HASH';
    return if $json->{status} eq 'not ready';
    return (
        $headers->{'content-type'} ne 'application/problem+json'
            ? "of type $headers->{'content-type'}" : (),
        outline($answer) !~ /\{detail:value error:value status:value title:/
            ? 'not a whole problem' : (),
        $json->{status} != $answer->{status} ? 'of another status' : (),
        !$headers->{'x-request-id'} ? 'without X-Request-Id' : (),
        $answer->{status} == 503 && !$headers->{'retry-after'}
            ? 'without Retry-After' : (),
    );
}

# Until the server has ended what connections to it the worker has.
sub end_connections {
    my ($self) = @_;
    my $user = $self->{settings}{SETLINK_DB_USER};
    $self->query("KILL USER $user");
    my $end = time + $SECONDS;
    while (($self->query('SELECT COUNT(*) FROM information_schema.PROCESSLIST'
        . " WHERE USER = '$user'"))[0][0]) {
        die "a connection does not end\n" if time > $end;
        sleep 0.001;
    }
    return;
}

# Send a request while these allocations fail, on a connection to the database
# that is dead. Returns the answer, and how many failed.
sub attempt {
    my ($self, $case, $first, $last) = @_;
    $self->hire if $case->{fresh};
    $self->end_connections;
    $self->fail($first, $last, $self->{worker}->pid);
    my $answer = eval { $self->request(@{ $case->{request} }) }
        // { status => 0, headers => {}, content => $@ };
    my ($all, $failed) = $self->failed;
    $self->settle if $case->{starts};
    return ($answer, $failed, $all);
}

# What is wrong after a request without an answer. When the worker has died,
# there is a new one.
sub judge_silence {
    my ($self) = @_;
    sleep 0.1;
    return 'no answer'
        if waitpid($self->{worker}->pid, POSIX::WNOHANG()) == 0;
    my $end = $? & 127 ? 'of signal ' . ($? & 127) : 'with ' . ($? >> 8);
    my $log = delete($self->{worker})->log;
    $self->{log} .= $log;
    $self->hire;
    my ($trace) = $log =~ /(\S+Sanitizer.*(?:\n +#\d.*)*)/;
    return "it has died $end" . ($trace ? ": $trace" : '');
}

# What is wrong after an attempt.
sub judge {
    my ($self, $case, $usual, $answer) = @_;
    return $self->judge_silence if !$answer->{status};
    my $unchanged = $self->state eq $self->{remembered};
    my $failed = $answer->{status} != $usual->{status};
    return (
        $failed ? wrong_problem($answer)
            : members($answer) eq members($usual) ? ()
            : "answered with $answer->{content}",
        $failed && $answer->{status} !~ /\A50[03]\z/
            ? "answered with $answer->{status}: $answer->{content}" : (),
        $failed && !$unchanged && $answer->{content} !~ $UNSURE
            ? "done, though answered with $answer->{content}" : (),
        !$failed && $case->{changes} && $unchanged ? 'not done' : (),
        $unchanged ? () : broken_invariants(sub { $self->query($_[0]) }),
    );
}

# What is wrong with the answer to the same request, when no allocation fails.
sub judge_next {
    my ($self, $case, $usual) = @_;
    $self->restore;
    my $next = $self->request(@{ $case->{request} });
    $self->settle if $case->{starts};
    $self->restore;
    return outline($next) eq outline($usual) ? ()
        : 'the next one is answered with ' . outline($next)
        . " $next->{content}";
}

# Send the request of a case again and again, while its first allocation fails,
# the second one... until none is left. `step`: only every so manieth. `more`:
# afterwards while all fail from the n-th on, with n in such steps. A case is a
# hash: request (as `request` takes it), changes (whether it changes the state),
# starts (whether it starts a process), fresh (whether it needs a new worker
# each time). Returns a hash: count (of the attempts), answers (how many, by status),
# usual (the answer when none fails) and wrong (texts).
sub torture {
    my ($self, $case, %option) = @_;
    my $result = { count => 0, answers => {}, wrong => [] };
    $self->restore;
    my $usual = $self->request(@{ $case->{request} });
    $self->settle if $case->{starts};
    $result->{usual} = $usual;
    for my $more (0, $option{more} // ()) {
        my $step = $more || $option{step} || 1;
        for (my $n = 1;; $n += $step) {
            $self->restore;
            my ($answer, $failed) = $self->attempt($case, $n,
                $more ? $FOREVER : $n);
            last if !$failed;
            $result->{count}++;
            $result->{answers}{ $answer->{status} }++;
            push @{ $result->{wrong} },
                map { ($more ? 'from ' : '') . "allocation $n: $_" }
                $self->judge($case, $usual, $answer),
                $self->judge_next($case, $usual);
            last if @{ $result->{wrong} } > 10;
        }
    }
    $self->restore;
    return $result;
}

# What is wrong with how a command has ended.
sub judge_command {
    my ($usual, $status, $out, $err) = @_;
    return (
        $status >= 128 ? 'it has died of signal ' . ($status - 128) : (),
        $err =~ /(\S+Sanitizer.*|.*runtime error:.*(?:\n +#\d.*)*)/
            ? "$1" : (),
        $status != 0 && $status != $usual->[0] && "$out$err" !~ /\S/
            ? "no message, but status $status" : (),
        $status == $usual->[0] && $out eq '' && $usual->[1] ne ''
            ? 'no output' : (),
    );
}

# The same for a command. A case is a hash: arguments; once (whether it succeeds
# only once); start (whether the start of OpenSSL counts). `outcome` returns
# what the command leaves behind, as a text.
sub torture_command {
    my ($self, $case, $outcome, %option) = @_;
    my $result = { count => 0, answers => {}, wrong => [] };
    my @arguments = @{ $case->{arguments} };
    local $self->{from_start} = $case->{start};
    my $run = sub {
        my ($first, $last) = @_;
        $self->fail($first, $last);
        my @ended = $self->command(@arguments);
        my (undef, $failed) = $self->failed;
        return ($failed, @ended);
    };
    $self->restore;
    my (undef, @usual) = $run->(0, 0);
    $result->{usual} = \@usual;
    my $want = $outcome->();
    for my $more (0, $option{more} // ()) {
        my $step = $more || $option{step} || 1;
        for (my $n = 1;; $n += $step) {
            $self->restore;
            my ($failed, @ended) = $run->($n, $more ? $FOREVER : $n);
            last if !$failed;
            $result->{count}++;
            $result->{answers}{ $ended[0] }++;
            my @wrong = judge_command(\@usual, @ended);
            $self->free_leases;
            my (undef, @again) = $run->(0, 0);
            push @wrong, "again: $again[0] $again[2]"
                if $again[0] != $usual[0] && !$case->{once};
            push @wrong, 'another outcome: ' . $outcome->()
                if $outcome->() ne $want;
            push @{ $result->{wrong} }, map { ($more ? 'from ' : '')
                . "allocation $n: $_" } @wrong;
            last if @{ $result->{wrong} } > 10;
        }
    }
    $self->restore;
    return $result;
}

1;
