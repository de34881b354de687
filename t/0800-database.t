# SPDX-License-Identifier: MIT
# Whatever goes wrong with the database, the answer is a 503 in time that tells
# the public nothing of it; nothing is half done, and the same worker goes on
# when all is well again.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::INET;
use JSON::PP ();
use Setlink::Command qw(setlink);
use Setlink::Database;
use Setlink::FastCGI;
use Setlink::Wire;
use Test::More;
use Time::HiRes qw(time);

my $TIMEOUT = 2;

# More than that is not a delay of a machine that is busy.
my $LENIENCE = 4;

my $database = Setlink::Database->start;
my %settings = ($database->prepare, SESSION_RECORDER_ENABLED => 'false',
    SETLINK_DB_TIMEOUT => $TIMEOUT);
my $name = $settings{SETLINK_DB_NAME};
my $names = 0;

sub sql { return $database->query($name, $_[0]) }
sub worker { return Setlink::FastCGI->start(%settings, @_) }

sub send_registration {
    my ($worker) = @_;
    my $body = JSON::PP::encode_json({ name => 'DJ ' . ++$names });
    return $worker->send_request({
        REQUEST_METHOD => 'POST',
        REQUEST_URI    => '/api/djs/register',
        CONTENT_TYPE   => 'application/json',
        CONTENT_LENGTH => length $body,
    }, $body);
}

sub register { return Setlink::FastCGI::answer(send_registration(@_)) }

sub look {
    my ($worker, $target) = @_;
    return $worker->request({ REQUEST_URI => $target // '/api/djs' });
}

sub djs { return (sql('SELECT COUNT(*) FROM djs'))[0][0] }

# Test that an answer is a refusal which tells `detail`, and nothing of what is
# behind.
sub is_refused {
    my ($answer, $detail, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $problem = eval { JSON::PP::decode_json($answer->{content}) } // {};
    is_deeply([$answer->{status}, $answer->{headers}{'content-type'},
            $answer->{headers}{'retry-after'}, $problem->{status}],
        [503, 'application/problem+json', 5, 503], "$what: 503");
    like($problem->{detail}, $detail, 'the reason');
    unlike($answer->{content},
        qr/$name|localhost|127\.|socket|INSERT|SELECT|trigger/i, 'nothing of what is behind');
    return;
}

# The same for a registration that must leave nothing, and a log that has
# `reason`.
sub is_refused_registration {
    my ($worker, $detail, $reason, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($before, $log) = (djs(), length $worker->log);
    is_refused(register($worker), $detail, $what);
    like(substr($worker->log, $log), $reason, 'the log says why');
    is(djs(), $before, 'nothing was done');
    return;
}

# Test that it takes the time of the setting, and not much more.
sub is_in_time {
    my ($do, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $began = time;
    $do->();
    my $seconds = time - $began;
    cmp_ok($seconds, '<', $TIMEOUT * 3 + $LENIENCE, "in time: $what");
    return;
}

sub is_well {
    my ($worker, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is(register($worker)->{status}, 200, $what // 'all is well again');
    return;
}

subtest 'errors of statements' => sub {
    my $worker = worker();
    my %detail = (
        read_only => qr/is read-only/,
        write     => qr/cannot write/,
        read      => qr/cannot read a table/,
        memory    => qr/out of memory/,
        right     => qr/lacks a right/,
        schema    => qr/run setlink migrate/,
        moment    => qr/look whether/,
        gave_up   => qr/gave up/,
        lost      => qr/database (?:cannot be reached|was busy|node is not ready)/,
    );
    my %number = (
        1290 => 'read_only', 1836 => 'read_only', 1792 => 'read_only',
        1874 => 'read_only',
        1021 => 'write', 1114 => 'write', 1026 => 'write', 1030 => 'write',
        1004 => 'write', 1878 => 'write',
        1016 => 'read', 1034 => 'read', 1194 => 'read', 1932 => 'read',
        1037 => 'memory', 1041 => 'memory', 1206 => 'memory',
        1142 => 'right', 1143 => 'right', 1227 => 'right',
        1146 => 'schema', 1054 => 'schema', 1176 => 'schema',
        1180 => 'moment', 1317 => 'gave_up', 1969 => 'gave_up',
        1053 => 'lost', 1927 => 'lost', 1205 => 'lost', 1213 => 'lost',
        1412 => 'lost', 1047 => 'lost',
    );
    my $before = djs();
    for my $number (sort keys %number) {
        sql('CREATE OR REPLACE TRIGGER fault AFTER INSERT ON pool_entries'
            . " FOR EACH ROW SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = $number,"
            . " MESSAGE_TEXT = 'the trigger'");
        is_refused(register($worker), $detail{ $number{$number} },
            "error $number");
    }
    sql('DROP TRIGGER fault');
    is(djs(), $before, 'no half of a registration is left');
    my $log = $worker->log;
    like($log, qr/error=unavailable number=1114 reason="the trigger"/, 'the log has number and reason');
    like($log, qr/level=error event=request .* status=503 .* detail=/,
        'and the request');
    is_well($worker);
};

subtest 'who may not' => sub {
    my $password = 'S3cr3t-' . 'w' x 20;
    my $worker = worker(SETLINK_DB_PASSWORD => $password);
    is_refused_registration($worker, qr/refuses the user or the password/,
        qr/number=1045 reason="Access denied/, 'a wrong password');
    unlike($worker->log, qr/S3cr3t|only for tests/, 'which is not logged');
    is_refused_registration(worker(SETLINK_DB_NAME => 'mysql'),
        qr/may not use the database/, qr/number=1044/, 'another database');
    $worker = worker();
    is_well($worker, 'a worker');
    sql("REVOKE INSERT ON $name.pool_entries FROM setlink\@localhost");
    is_refused_registration($worker, qr/lacks a right/,
        qr/number=1142 reason="INSERT command denied.*pool_entries/,
        'without a right');
    sql("GRANT INSERT ON $name.pool_entries TO setlink\@localhost");
    is_well($worker);
    sql('ALTER USER setlink@localhost ACCOUNT LOCK');
    is_refused_registration(worker(), qr/refuses the user/, qr/number=4151/,
        'a locked account');
    sql('ALTER USER setlink@localhost ACCOUNT UNLOCK');
};

subtest 'no free connection' => sub {
    my ($holder, $worker) = (worker(), worker());
    sql('ALTER USER setlink@localhost WITH MAX_USER_CONNECTIONS 1');
    is_well($holder, 'one worker has its connection');
    is_refused_registration($worker, qr/no free connection/, qr/number=1226/,
        'the user has too many');
    is_well($holder, 'the other one works');
    sql('ALTER USER setlink@localhost WITH MAX_USER_CONNECTIONS 0');
    is_well($worker);
    my ($most) = map { $_->[0] } sql('SELECT @@GLOBAL.max_connections');
    sql('SET GLOBAL max_connections = 10');
    my ($taken) = map { $_->[0] } sql('SELECT COUNT(*) FROM'
        . " information_schema.processlist WHERE command <> 'Daemon'");
    # `sql` has one of those that are taken, but not for long.
    my @others = map { $database->connect($name) } $taken .. 10;
    my $late = worker();
    is_refused(register($late), qr/no free connection/, 'all are taken');
    like($late->log, qr/number=1040/, 'the log says why');
    $_->disconnect for @others;
    sql("SET GLOBAL max_connections = $most");
    is_well($late);
};

subtest 'a database that is read-only' => sub {
    my $worker = worker();
    is_well($worker, 'a worker');
    sql('SET GLOBAL read_only = 1');
    is_refused_registration($worker, qr/read-only/, qr/number=1290/,
        'a registration');
    is(look($worker)->{status}, 200, 'reading goes on');
    sql('SET GLOBAL read_only = 0');
    is_well($worker);
};

subtest 'a connection that is closed' => sub {
    my $worker = worker();
    is_well($worker, 'a worker');
    sql("KILL CONNECTION $_->[0]") for sql('SELECT id FROM'
            . " information_schema.processlist WHERE user = 'setlink'");
    is_well($worker, 'nobody notices, when nothing was begun');
};

# As MySQL names them, and MariaDB without Galera.
subtest 'a server that has no such variable' => sub {
    for my $name (qw(tx_isolation wsrep_sync_wait)) {
        my $wire = Setlink::Wire->start($database->socket,
            $name => $name =~ s/\A../xx/r);
        is_well(worker($wire->settings), "$name has another name");
        like($wire->sent, qr/SET SESSION TRANSACTION ISOLATION LEVEL READ/,
            'it is asked in another way');
    }
};

subtest 'a connection that is cut' => sub {
    my $wire = Setlink::Wire->start($database->socket);
    my $worker = worker($wire->settings);
    is_well($worker, 'a worker');
    for my $words ('START TRANSACTION', 'COMMIT') {
        my $before = djs();
        $wire->cut(before => $words);
        my $status = register($worker)->{status};
        is_deeply([$status, djs() - $before],
            $words eq 'COMMIT' ? [503, 0] : [200, 1], "before $words");
        is_well($worker);
    }
    my $before = djs();
    $wire->cut(after => 'COMMIT');
    is_refused(register($worker), qr/look whether the change has been made/,
        'after COMMIT');
    is(djs(), $before + 1, 'it has been made');
    is_well($worker);
};

subtest 'tables of another version' => sub {
    my $worker = worker();
    is_well($worker, 'a worker');
    my ($version) = map { $_->[0] } sql('SELECT MAX(version)'
        . ' FROM schema_migrations');
    for my $there (1000, $version - 0.5) {
        my $fresh = worker();
        sql("DELETE FROM schema_migrations WHERE version = $version")
            if $there < $version;
        sql("INSERT INTO schema_migrations VALUES (1000, 'later', NOW())")
            if $there > $version;
        my $detail = $there > $version
            ? qr/has version 1000, .* install a newer setlink/
            : qr/version $version is needed: run setlink migrate/;
        is_refused_registration($fresh, $detail, qr/detail=.*version/,
            'a new connection');
        is_well($worker, 'one that is there goes on');
        is_refused(look($fresh, '/api/djs'), $detail, 'reading');
        my $ready = look($fresh, '/ready?for=traffic');
        is($ready->{status}, 503, 'the worker is not ready');
        like($ready->{content}, $detail, 'and says why');
        my ($status, $out) = setlink(\%settings, 'check');
        is($status, 1, 'setlink check finds it');
        like($out, qr/^FAIL  schema +.*$detail/m, 'and says it');
        ($status, undef, my $error) = setlink(\%settings, 'tick');
        is($status, 69, 'a command fails');
        like($error, $detail, 'for this reason');
        sql("INSERT IGNORE INTO schema_migrations VALUES ($version, '', NOW())")
            if $there < $version;
        sql('DELETE FROM schema_migrations WHERE version = 1000');
        is_well($fresh);
    }
};

subtest 'a row that somebody holds' => sub {
    my $worker = worker();
    is_well($worker, 'a worker');
    my $holder = $database->connect($name);
    $holder->query('START TRANSACTION; SELECT * FROM pools FOR UPDATE');
    is_in_time(sub {
        is_refused($worker->request({ REQUEST_METHOD => 'POST',
                REQUEST_URI => '/api/event/start', CONTENT_LENGTH => 0 }),
            qr/in time|busy|cannot be reached/, 'what waits for it');
    }, 'all tries');
    $holder->query('ROLLBACK');
    $holder->disconnect;
    is((sql('SELECT COUNT(*) FROM events'))[0][0], 0, 'nothing was done');
    is_well($worker);
};

subtest 'a server that hangs' => sub {
    my ($kept, $fresh) = (worker(), worker());
    is_well($kept, 'a worker');
    my $before = djs();
    $database->freeze;
    is_in_time(sub {
        my @sent = map { send_registration($_) } $kept, $fresh;
        is_refused(Setlink::FastCGI::answer($_), qr/cannot be reached/,
            'a registration') for @sent;
    }, 'both with a connection and without one');
    is(look($kept, '/health')->{status}, 200, 'the worker is alive');
    $database->thaw;
    is_well($_) for $kept, $fresh;
    is(djs(), $before + 2, 'nothing else was done');
};

# One listener is many hosts: all of 127.0.0.0/8 leads there.
subtest 'many hosts that hang' => sub {
    my $listener = IO::Socket::INET->new(LocalAddr => '0.0.0.0',
        LocalPort => 0, Listen => 64) or die "no free port: $@\n";
    my $worker = worker(SETLINK_DB_SOCKET => '',
        SETLINK_DB_HOST => join(',', map { "127.0.0.$_" } 1 .. 9),
        SETLINK_DB_PORT => $listener->sockport);
    is_in_time(sub {
        is_refused(look($worker), qr/cannot be reached|in time/, 'reading');
    }, 'all of them');
};

done_testing;
