# SPDX-License-Identifier: MIT
# `setlink backup` and `setlink restore`: the database of a night, on another
# server, and what is refused.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use POSIX ();
use Setlink::Command qw(setlink setlink_start setlink_wait);
use Setlink::Database;
use Setlink::FastCGI;
use Setlink::Invariants qw(broken_invariants);
use Setlink::Process qw(scratch);
use Setlink::Recordings qw(rfc3339 uuid_of);
use Setlink::Routes qw(all_routes target_of);
use Test::More;
use Time::HiRes qw(sleep);
use Time::Local qw(timegm);

my $EVENING = timegm(0, 0, 21, 21, 10, 2026);
my $DAY     = 86400;
my $dir     = scratch();
my $file    = "$dir/backup.sql";

my $from = Setlink::Database->start;
my $to   = Setlink::Database->start;
my %settings = (SESSION_RECORDER_MINIO_ENDPOINT => 'http://127.0.0.1:1',
    SESSION_RECORDER_SYNC_INTERVAL => $DAY);
my %night = ($from->prepare, %settings);    # with the rights of workers

sub content {
    my ($path) = @_;
    open my $in, '<:raw', $path or die "$path: $!\n";
    local $/;
    return scalar(<$in>) // '';
}

sub write_file {
    my ($path, $text) = @_;
    open my $out, '>:raw', $path or die "$path: $!\n";
    print {$out} $text;
    close $out or die "$path: $!\n";
    return $path;
}

# The settings of an empty database on the other server.
sub empty { return ($to->create, %settings) }

# A worker whose clock stands at this second.
sub worker {
    my ($settings, $seconds) = @_;
    my $worker = Setlink::FastCGI->start_with_clock(%$settings);
    $worker->clock->set($seconds);
    return $worker;
}

sub send_to {
    my ($worker, $method, $target, $body) = @_;
    my $text = defined $body ? JSON::PP::encode_json($body) : '';
    return $worker->request({ REQUEST_METHOD => $method,
        REQUEST_URI => $target, CONTENT_LENGTH => length $text,
        length $text ? (CONTENT_TYPE => 'application/json') : () }, $text);
}

sub must {
    my (@request) = @_;
    my $answer = send_to(@request);
    die "@request[1, 2]: $answer->{status} $answer->{content}\n"
        if $answer->{status} !~ /\A2/;
    return $answer->{json};
}

# Number of rows and checksum of each table.
sub tables {
    my ($database, $settings) = @_;
    my $name = $settings->{SETLINK_DB_NAME};
    my @tables = map { $_->[0] } $database->query($name, 'SHOW TABLES');
    my %rows = map { @$_ } $database->query($name, join ' UNION ALL ',
        map { "SELECT '$_', COUNT(*) FROM $_" } @tables);
    my %sum = map { $_->[0] =~ s/\A\w+\.//r => $_->[1] }
        $database->query($name, 'CHECKSUM TABLE ' . join(', ', @tables));
    return { map { $_ => [$rows{$_}, $sum{$_}] } @tables };
}

sub same_tables {
    my ($one, $other) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is_deeply($other, $one, 'counts and checksums of all tables');
}

sub has_tables {
    my ($database, $settings) = @_;
    return scalar $database->query($settings->{SETLINK_DB_NAME}, 'SHOW TABLES');
}

sub is_refused {
    my ($result, $reason, $name) = @_;
    my ($status, $out, $error) = @$result;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    isnt($status, 0, $name) or diag($out);
    return like($error, qr/^setlink: .*$reason/m, 'it says why');
}

# --- A night.

my ($worker, %id);

# Quotes and words of SQL, other alphabets, four bytes of UTF-8.
my @NAMES = ("O'Hara \"the \\ back\\slash\"", "\x{1F39B}\x{FE0F} DJ \x{1F600}",
    '`; DROP TABLE djs; --', "-- Dump completed", "\x{414}\x{416} %s\\n\\0",
    'INSERT INTO `djs` VALUES (1);', map { "DJ $_" } 1 .. 6);

my $RECORDING = "UNHEX(REPLACE('%s', '-', ''))";

sub make_recordings {
    my ($recorder, $recording) = map { sprintf $RECORDING, $_ }
        @id{qw(recorder recording)};
    my $start = POSIX::strftime('%F %T', gmtime $EVENING);
    $from->query($night{SETLINK_DB_NAME}, <<"END");
INSERT INTO recorders (id, name, first_seen_at, last_seen_at)
VALUES ($recorder, 'Desk\\n\\'\\t\\0', '$start', '$start');
INSERT INTO recordings (recorder_id, id, name, start_time, end_time, listed_at,
is_closed, ogg_size, ogg_etag, first_seen_at)
VALUES ($recorder, $recording, 'a\\r\\nb', '$start',
'$start' + INTERVAL 1 HOUR, '$start', 1, 100, 'etag', '$start'),
($recorder, UNHEX('0A0D005C27222D2D0A0D005C27222D2D'), '', NULL, NULL,
'$start', 0, NULL, NULL, '$start');
UPDATE sync_state SET finished_at = '$start', started_at = '$start';
INSERT INTO guest_requests (id, dj_id, guest_name, guest_email, message,
created_at)
SELECT UNHEX(MD5(seq)), UNHEX(MD5(1)), seq, 'a\@example.org', REPEAT('x', 900),
'$start' FROM seq_1_to_5000;
END
    return;
}

sub make_night {
    @id{qw(recorder recording)} = map { uuid_of($_, 1) } 0xa, 0xb;
    make_recordings();
    $worker = worker(\%night, $EVENING);
    my @djs = map { must($worker, 'POST', '/api/djs/register',
        { name => $_, email => 'dj@example.org' })->{id} } @NAMES;
    $worker->clock->set($EVENING + 60);
    must($worker, 'POST', '/api/event/start', { slot_duration_minutes => 60 });
    must($worker, 'POST', '/api/lottery/draw') for 1 .. 3;
    $id{dj} = must($worker, 'GET', '/api/lottery/queue')->[0]{id};
    $id{set} = must($worker, 'POST', '/api/sessions/start',
        { dj_id => $id{dj} })->{id};
    must($worker, 'POST', "/api/djs/$djs[0]/request",
        { guest_name => 'G', guest_email => 'g@example.org',
            message => "a'b\n\"\\" });
    $worker->clock->set($EVENING + 3000);
    must($worker, 'POST', '/api/sessions/end', { session_id => $id{set} });
    must($worker, 'POST', "/api/session-recorder/link/$id{set}/$id{recorder}/"
        . $id{recording});
    ($id{draw}) = map { $_->{id} } grep { defined $_->{winner} }
        @{ must($worker, 'GET', '/api/lottery/draws') };
    return;
}

# DJs register and are drawn until the file `stop` is there.
sub start_writer {
    my ($stop) = @_;
    my $pid = fork // die "fork: $!\n";
    return $pid if $pid;
    my $n = 0;
    until (-e $stop) {
        must($worker, 'POST', '/api/djs/register', { name => 'W ' . ++$n });
        must($worker, 'POST', '/api/lottery/draw');
    }
    POSIX::_exit(0);
}

# A folder for PATH, and programs in it: name and script, in which REAL is the
# program of MariaDB.
sub programs {
    my ($name, %script) = @_;
    mkdir "$dir/$name" or die "$dir/$name: $!\n";
    for my $program (keys %script) {
        my ($real) = grep { -x } map { "$_/$program" } split /:/, $ENV{PATH};
        write_file("$dir/$name/$program",
            "#!/bin/sh\n" . $script{$program} =~ s/REAL/'$real'/r);
        chmod 0755, "$dir/$name/$program";
    }
    return (PATH => "$dir/$name:$ENV{PATH}");
}

# What anybody could see of them.
my $seen = "$dir/seen";
my $note = "{ tr '\\0' ' ' </proc/\$\$/cmdline; echo; env; } >>'$seen'\n";

# It stops when it has read about the first tables.
my %stopping = programs('stopping', 'mariadb-dump' => <<"END");
${note}REAL "\$\@" | {
head -c 300000; touch '$dir/half'; until test -e '$dir/go'; do sleep .05; done
cat; }
END
my %noting = programs('noting', mariadb => qq(${note}exec REAL "\$\@"));

subtest 'while others write' => sub {
    make_night();
    my $writer = start_writer("$dir/stop");
    my $draws = sub { ($from->query($night{SETLINK_DB_NAME},
        'SELECT COUNT(*) FROM draws'))[0][0] };
    my $started = setlink_start({ %night, %stopping }, 'backup', $file);
    sleep 0.05 until -e "$dir/half";
    my $before = $draws->();
    sleep 0.05 until $draws->() > $before + 2;
    write_file("$dir/go", '');
    my @made = setlink_wait($started);
    write_file("$dir/stop", '');
    waitpid $writer, 0;
    is_deeply(\@made, [0, '', ''], 'a backup');
    is((stat $file)[2] & 07777, 0600, 'which others may not read');
    my %target = empty();
    my ($status, $out, $error) = setlink({ %target, %noting }, 'restore',
        $file);
    is("$status$error", '0', 'restored on another server');
    like($out, qr/\Arestored \d+ tables with \d+ rows, version \d+\n\z/,
        'it says how much');
    is_deeply([broken_invariants(sub {
        $to->query($target{SETLINK_DB_NAME}, $_[0]) })], [],
        'it is as of one moment');
    $from->query($night{SETLINK_DB_NAME},
        q{DELETE FROM guest_requests WHERE guest_email = 'a@example.org'});
};

subtest 'no secret is shown' => sub {
    my $text = content($seen);
    like($text, qr/mariadb-dump --defaults-file=\/dev\/fd\/3 /, 'a dump ran');
    like($text, qr/mariadb --defaults-file=\/dev\/fd\/3 /, 'the client ran');
    unlike($text, qr/\Q$night{SETLINK_DB_PASSWORD}\E/,
        'no password in command lines and environments');
};

# The answers to all public routes.
sub answers {
    my ($of) = @_;
    my %answer;
    for my $route (grep { $_->{method} eq 'GET' && $_->{access} eq 'public' }
        all_routes()) {
        my $path = $route->{path};
        my $id = $path =~ /\/draws\// ? $id{draw} : $path =~ /\/djs\// ? $id{dj}
            : $path =~ /\/cue\// ? $id{recording} : $id{set};
        my $target = target_of($path, id => $id, session_id => $id{set},
            recorder_id => $id{recorder});
        # MinIO is not there; how that shows depends on how busy we are.
        $target .= '?for=traffic' if $path eq '/ready';
        my $got = send_to($of, 'GET', $target);
        # Links are signed by the true clock, so that MinIO takes them.
        $answer{$path} = "$got->{status} $got->{content}"
            =~ s/X-Amz-(?:Credential|Date|Signature)=[\w%-]+//gr;
    }
    return \%answer;
}

my %target = empty();

subtest 'the same night' => sub {
    my ($status, undef, $error) = setlink(\%night, 'backup', $file);
    is("$status$error", '0', 'a backup in place of an older one');
    my $tables = tables($from, \%night);
    ($status, undef, $error) = setlink(\%target, 'restore', $file);
    is("$status$error", '0', 'restored');
    same_tables($tables, tables($to, \%target));
    my $text = content($file);
    my %said = $text =~ /^-- setlink table (\w+) rows (\d+) sha256/mg;
    is_deeply(\%said, { map { $_ => $tables->{$_}[0] } keys %$tables },
        'the backup tells the number of rows');
    ok(utf8::decode($text), 'it is text');
    my $other = worker(\%target, $EVENING + 3000);
    my ($want, $have) = map { answers($_) } $worker, $other;
    is_deeply($have, $want, 'all public routes answer the same');
    is_deeply([grep { $want->{$_} !~ /\A200 / } keys %$want], [],
        'and are answered');
    is((setlink(\%target, 'verify-draw', $id{draw}))[0], 0,
        'a draw can be verified');
    is(must($other, 'POST', '/api/djs/register', { name => 'New' })->{name},
        'New', 'and it goes on');
};

subtest 'through pipes' => sub {
    my ($status, $out, $error) = setlink(\%night, 'backup', '-');
    is("$status$error", '0', 'to standard output');
    like($out, qr/\A-- setlink backup 1\n.*^-- setlink end sha256 \w+\n\z/ms,
        'the whole of it');
    my %piped = empty();
    my $program = Setlink::Command::program('setlink');
    ($status, undef, $error) = Setlink::Command::run_program('/bin/sh',
        \%piped, '-c', "cat '$file' | '$program' restore -");
    is("$status$error", '0', 'from standard input');
    same_tables(tables($from, \%night), tables($to, \%piped));
};

subtest 'an older one' => sub {
    my %old = empty();
    (setlink(\%old, 'migrate'))[0] == 0 or die "migrate\n";
    $to->query($old{SETLINK_DB_NAME},
        'DELETE FROM schema_migrations ORDER BY version DESC LIMIT 1');
    setlink(\%old, 'backup', "$dir/old.sql");
    my %new = empty();
    my ($status, $out) = setlink(\%new, 'restore', "$dir/old.sql");
    is($status, 0, 'is restored');
    like($out, qr/^it is older than this program: run setlink migrate$/m,
        'it says what to do then');
    is((setlink(\%new, 'migrate'))[0], 0, 'which works');
};

subtest 'what is no whole backup' => sub {
    my $whole = content($file);
    my %empty = empty();
    my %case = (
        'none at all'          => ["SELECT 1;\n", qr/no backup made by/],
        'an empty one'         => ['', qr/no backup made by/],
        'a cut one'            => [substr($whole, 0, -1000), qr/is cut/],
        'one cut at a line'    => [$whole =~ s/^-- setlink end.*\z//msr,
            qr/is cut/],
        'one without mariadb-dump\'s end' =>
            [$whole =~ s/^-- Dump completed.*\n//mr, qr/was changed/],
        'a changed one'        => [$whole =~ s/example/Example/r,
            qr/was changed/],
        'one with more'        => ["${whole}DROP TABLE djs;\n",
            qr/something was added/],
        'a foreign table'      => [$whole =~ s/(CREATE TABLE `)/$1wp-/r,
            qr/tables that are not setlink/],
        'a row out of place'   => [$whole =~ s/(INSERT INTO `)djs/$1x/r,
            qr/a row without its table/],
    );
    for my $name (sort keys %case) {
        my $path = write_file("$dir/bad.sql", $case{$name}[0]);
        is_refused([setlink(\%empty, 'restore', $path)], $case{$name}[1],
            $name);
    }
    is_refused([setlink(\%empty, 'restore', "$dir/none")], 'No such file',
        'no file');
    is(has_tables($to, \%empty), 0, 'nothing was done');
    $to->query($empty{SETLINK_DB_NAME}, 'CREATE TABLE mine (id INT)');
    is_refused([setlink(\%empty, 'restore', $file)], 'is not empty',
        'into a database that is not empty');
    is(has_tables($to, \%empty), 1, 'nothing was done');
};

subtest 'a newer one' => sub {
    my $name = $night{SETLINK_DB_NAME};
    $from->query($name,
        "INSERT INTO schema_migrations VALUES (99, 'later', NOW())");
    my ($status) = setlink(\%night, 'backup', "$dir/newer.sql");
    $from->query($name, 'DELETE FROM schema_migrations WHERE version = 99');
    is($status, 0, 'can be made');
    my %empty = empty();
    is_refused([setlink(\%empty, 'restore', "$dir/newer.sql")],
        'has version 99, .* install a newer setlink', 'but not be restored');
    is(has_tables($to, \%empty), 0, 'nothing was done');
};

# The names of files that have this one's as their beginning.
sub files { return glob "$dir/new.sql*" }

subtest 'what cannot be written' => sub {
    my $program = Setlink::Command::program('setlink');
    my $new = "$dir/new.sql";
    my $limited = "ulimit -f 64; exec '$program' backup";
    is_refused([Setlink::Command::run_program('/bin/sh', \%night, '-c',
        "$limited '$new'")], 'cannot be written: File too large', 'too large');
    is_refused([Setlink::Command::run_program('/bin/sh', \%night, '-c',
        "exec '$program' backup - >/dev/full")],
        'standard output cannot be written: No space', 'the disk is full');
    is_refused([setlink({ %night, SETLINK_DB_PASSWORD => 'wrong one' },
        'backup', $new)], 'refuses the user or the password',
        'a wrong password');
    is_refused([setlink({ %night, PATH => "$dir/nothing" }, 'backup', $new)],
        'there is no mariadb-dump on the PATH', 'a program is missing');
    is_refused([setlink({ empty() }, 'backup', $new)], 'has no tables',
        'nothing to write');
    is_refused([setlink(\%night, 'backup', "$dir/none/new.sql")],
        'No such file', 'no folder');
    is_deeply([files()], [], 'there is no file then');
    my %waiting = programs('waiting',
        'mariadb-dump' => "echo \$\$ >'$dir/pid'; exec sleep 60\n");
    my $started = setlink_start({ %night, %waiting }, 'backup', $new);
    sleep 0.05 until -s "$dir/pid";
    is(scalar(my @half = files()), 1, 'one file while it is made');
    kill 'TERM', $started->{pid};
    is((setlink_wait($started))[0], 128 + 15, 'ended by a signal');
    kill 'TERM', content("$dir/pid");
    is_deeply([files()], [], 'and no file is left');
};

subtest 'what cannot be loaded' => sub {
    my %empty = empty();
    my $name = $empty{SETLINK_DB_NAME};
    $to->query('', "REVOKE ALL ON $name.* FROM setlink\@localhost;"
        . " GRANT SELECT, INSERT ON $name.* TO setlink\@localhost");
    is_refused([setlink(\%empty, 'restore', $file)],
        "mariadb has failed; the database $name is as empty as it was",
        'a user who may make no tables');
    $to->query('', "GRANT ALL ON $name.* TO setlink\@localhost");
    my %breaking = programs('breaking',
        mariadb => qq(head -n 500 | REAL "\$\@"\nexit 1\n));
    is_refused([setlink({ %empty, %breaking }, 'restore', $file)],
        "do not use the database $name, .* DROP and CREATE it",
        'it breaks off');
    %empty = empty();
    my %changing = programs('changing',
        mariadb => qq(sed "s/'DJ 1'/'DJ x'/" | REAL "\$\@"\n));
    is_refused([setlink({ %empty, %changing }, 'restore', $file)],
        'the rows of table \w+ are not those of the backup; do not use',
        'other rows than in the backup');
};

subtest 'by TLS, to the host that answers' => sub {
    my ($key, $certificate) = ("$dir/key.pem", "$dir/certificate.pem");
    system('openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256'
            . " -nodes -subj /CN=127.0.0.1 -keyout $key -out $certificate"
            . ' -addext subjectAltName=IP:127.0.0.1,DNS:127.0.0.1'
            . ' 2>/dev/null') == 0
        or die "openssl\n";
    my $port = Setlink::Process::free_port();
    my $cnf = "$to->{dir}/my.cnf";
    write_file($cnf, content($cnf) =~ s/^skip-networking$//mr
            . "[mariadbd]\nssl-cert=$certificate\nssl-key=$key\n"
            . "bind-address=127.0.0.1\nport=$port\n");
    $to->stop;
    $to->run_server;
    $to->query('', q{CREATE USER "a'b\\"#"@'%' IDENTIFIED BY "#'\\"\\\\n; x "}
        . " REQUIRE SSL; GRANT ALL ON *.* TO \"a'b\\\"#\"\@'%'");
    my %tls = (%target, SETLINK_DB_SOCKET => '',
        SETLINK_DB_HOST => 'nowhere.invalid, 127.0.0.1',
        SETLINK_DB_PORT => $port, SETLINK_DB_USER => q{a'b"#},
        SETLINK_DB_PASSWORD => q{#'"\\n; x },
        SETLINK_DB_SSL_CA => $certificate);
    my %copying = programs('copying',
        'mariadb-dump' => qq(cat /dev/fd/3 >'$dir/options'\nexec REAL "\$\@"));
    my ($status, undef, $error) = setlink({ %tls, %copying }, 'backup',
        "$dir/tls.sql");
    is($status, 0, 'a backup') or diag($error);
    like(content("$dir/options"), qr/^$_$/m, "option $_") for
        'host="127.0.0.1"', 'ssl', 'ssl-verify-server-cert',
        qq(ssl-ca="\Q$certificate\E");
    unlike($error, qr/\Q$tls{SETLINK_DB_PASSWORD}\E/, 'no password is told');
};

for my $args (['backup'], ['backup', 'a', 'b'], ['restore'],
    ['restore', '--replace', 'a']) {
    is((setlink({}, @$args))[0], 64, "wrong use: setlink @$args");
}

done_testing();
