# SPDX-License-Identifier: MIT
# A worker on a database of its own, which is killed within a request.
package Setlink::Kill;

use strict;
use warnings;

use IO::Select;
use JSON::PP ();
use Setlink::Database;
use Setlink::FastCGI;
use Time::HiRes qw(sleep);

my $SECONDS = 60;

sub start {
    my ($class) = @_;
    my $database = Setlink::Database->start;
    my %settings = $database->prepare;
    my $self = bless {
        settings => \%settings,
        user     => $settings{SETLINK_DB_USER},
        watch    => $database->connect($settings{SETLINK_DB_NAME}),
        hold     => $database->connect($settings{SETLINK_DB_NAME}),
    }, $class;
    $self->hire;
    return $self;
}

# A new worker, which has its connection to the database. Returns the status of
# its first answer.
sub hire {
    my ($self) = @_;
    $self->{worker} = Setlink::FastCGI->start(%{ $self->{settings} });
    return $self->request('GET', '/api/sessions/current')->{status};
}

sub query { return $_[0]{watch}->query($_[1]) }

# METHOD, TARGET and body, as Setlink::Instance takes them.
sub send_request {
    my ($self, $method, $target, $body) = @_;
    my $text = defined $body ? JSON::PP::encode_json($body) : '';
    return $self->{worker}->send_request({
        REQUEST_METHOD => $method,
        REQUEST_URI    => $target,
        CONTENT_LENGTH => length $text,
        length $text ? (CONTENT_TYPE => 'application/json') : (),
    }, $text);
}

sub request {
    my ($self, @request) = @_;
    return Setlink::FastCGI::answer($self->send_request(@request));
}

sub wait_for {
    my ($what, $ready) = @_;
    my $end = time + $SECONDS;
    until ($ready->()) {
        die "$what: not within $SECONDS s\n" if time > $end;
        sleep 0.001;
    }
    return;
}

# The sum of these counters of the server.
sub server_status {
    my ($self, @names) = @_;
    my $list = join ', ', map { "'$_'" } @names;
    return $self->{watch}->value('SELECT SUM(VARIABLE_VALUE)'
        . ' FROM information_schema.GLOBAL_STATUS'
        . " WHERE VARIABLE_NAME IN ($list)");
}

# Rows that were ever written, also by transactions that were rolled back.
sub rows_written {
    return $_[0]->server_status(qw(Handler_write Handler_update
        Handler_delete));
}

# Until a transaction waits for a row that somebody else has locked, or there is
# an answer without that.
sub wait_for_lock {
    my ($self, $socket) = @_;
    my $answer = IO::Select->new($socket);
    wait_for('a transaction that waits for a lock', sub {
        $answer->can_read(0)
            || $self->server_status('Innodb_row_lock_current_waits') > 0 });
    return;
}

# The server has noticed the end of the worker, and ended its transaction.
sub wait_for_end {
    my ($self) = @_;
    wait_for('the end of a connection', sub { !$self->{watch}->value(
        'SELECT COUNT(*) FROM information_schema.PROCESSLIST'
            . " WHERE USER = '$self->{user}'") });
    return;
}

# Send a request and kill the worker: after `after` seconds, or while its
# transaction waits for what `lock`, a SELECT, has locked. Returns how many rows
# it had `written` by then, committed or not, the status of the answer (0: there
# was none), and that of the first answer of a new worker, `next`.
sub kill_during {
    my ($self, $request, %when) = @_;
    my $written = $self->rows_written;
    $self->{hold}->query("START TRANSACTION; $when{lock}") if $when{lock};
    my $socket = $self->send_request(@$request);
    if ($when{lock}) {
        $self->wait_for_lock($socket);
    } else {
        sleep $when{after};
    }
    $self->{worker}->kill_now;
    $self->{hold}->query('COMMIT') if $when{lock};
    $self->wait_for_end;
    return {
        written => $self->rows_written - $written,
        status  => Setlink::FastCGI::answer($socket)->{status},
        next    => $self->hire,
    };
}

1;
