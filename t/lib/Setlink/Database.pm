# SPDX-License-Identifier: MIT
# A private MariaDB on a unix socket, for one test.
package Setlink::Database;

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use Setlink::Command qw(setlink);
use Setlink::Connection;
use Setlink::Process qw(start_process stop_process wait_until scratch);

my $TOP = abs_path(dirname(__FILE__) . '/../../..');
my $PASSWORD = 'only for tests';

my $count = 0;

sub write_file {
    my ($path, $text) = @_;
    open my $file, '>', $path or die "$path: $!\n";
    chmod 0600, $path;
    print {$file} $text;
    close $file or die "$path: $!\n";
    return;
}

sub configuration {
    my ($dir) = @_;
    return <<"END";
[mariadbd]
datadir=$dir/data
socket=$dir/socket
pid-file=$dir/pid
tmpdir=$dir
skip-networking
skip-name-resolve
character-set-server=utf8mb4
performance-schema=OFF
max-connections=300
innodb-buffer-pool-size=32M
innodb-log-file-size=8M
innodb-flush-log-at-trx-commit=0
innodb-doublewrite=OFF
innodb-use-native-aio=OFF
sync-binlog=0
key-buffer-size=1M
aria-pagecache-buffer-size=1M
[client]
socket=$dir/socket
default-character-set=utf8mb4
END
}

sub run_quietly {
    my ($log, @command) = @_;
    my $pid = start_process($log, @command);
    waitpid $pid, 0;
    return if $? == 0;
    open my $file, '<', $log or die "$log: $!\n";
    die "$command[0] failed:\n", <$file>;
}

# Start one; it ends with the test. `lines` are more lines of its configuration.
sub start {
    my ($class, @lines) = @_;
    my $dir = scratch() . '/mariadb' . $count++;
    mkdir $dir or die "$dir: $!\n";
    my $user = getpwuid $>;
    write_file("$dir/my.cnf", configuration($dir) . "user=$user\n"
        . join "\n", '[mariadbd]', @lines, '');
    my @as = $> == 0 ? ('--user=root') : ();
    run_quietly("$dir/install.log", 'mariadb-install-db',
        "--defaults-file=$dir/my.cnf", @as, '--skip-test-db',
        '--auth-root-authentication-method=socket',
        "--auth-root-socket-user=$user");
    my ($server) = grep { -x } map { "$_/mariadbd" } split(/:/, $ENV{PATH}),
        '/usr/sbin', '/usr/local/sbin';
    die "no mariadbd\n" if !$server;
    my $self = bless { dir => $dir, server => $server, as => \@as }, $class;
    $self->run_server;
    $self->query('', "CREATE USER $_\@localhost IDENTIFIED BY '$PASSWORD'")
        for qw(setlink setlink_migrate);
    return $self;
}

# Start the server on the data that are there.
sub run_server {
    my ($self) = @_;
    my $dir = $self->{dir};
    $self->{pid} = start_process("$dir/server.log", $self->{server},
        "--defaults-file=$dir/my.cnf", @{ $self->{as} });
    wait_until($self->{pid}, "$dir/server.log", sub {
        system("mariadb --defaults-file=$dir/my.cnf -e 'SELECT 1'"
            . " >$dir/wait.log 2>&1") == 0 });
    return;
}

# One that is running already, and does not end with the test: `dir` has a
# my.cnf that leads there.
sub at {
    my ($class, $dir) = @_;
    return bless { dir => $dir }, $class;
}

sub stop { stop_process($_[0]{pid}); return }

# It does nothing more, but is still there; until it goes on.
sub freeze { kill 'STOP', $_[0]{pid}; return }
sub thaw   { kill 'CONT', $_[0]{pid}; return }

sub socket { return "$_[0]{dir}/socket" }

# A new, empty database, all of which belongs to the user. Returns the settings
# that lead to it, as NAME, VALUE...
sub create {
    my ($self, $user) = @_;
    $user //= 'setlink';
    my $name = 'setlink' . $self->{databases}++;
    $self->query('', "CREATE DATABASE $name CHARACTER SET utf8mb4");
    $self->query('', "GRANT ALL ON $name.* TO $user\@localhost");
    return (
        SETLINK_DB_SOCKET   => "$self->{dir}/socket",
        SETLINK_DB_NAME     => $name,
        SETLINK_DB_USER     => $user,
        SETLINK_DB_PASSWORD => $PASSWORD,
        # On a machine that is busy with tests it is slow, but not away.
        SETLINK_DB_TIMEOUT  => 12,
    );
}

# A new database with its tables. The settings are those of a user with the
# rights that workers get, and no others.
sub prepare {
    my ($self) = @_;
    my %settings = $self->create('setlink_migrate');
    my ($status, undef, $error) = setlink(\%settings, 'migrate');
    die "setlink migrate: $error" if $status != 0;
    my $path = "$TOP/conf/mariadb/grants.sql";
    open my $file, '<', $path or die "$path: $!\n";
    my $grants = do { local $/; <$file> };
    $grants =~ s/\bsetlink\./$settings{SETLINK_DB_NAME}./g;
    $self->query('', $grants);
    return (%settings, SETLINK_DB_USER => 'setlink');
}

# Run statements as root of the server. Returns the rows, each an array of
# texts; NULL is the word NULL.
sub query {
    my ($self, $database, $sql) = @_;
    my $path = "$self->{dir}/query.sql";
    write_file($path, "SET time_zone = '+00:00';\n$sql\n");
    open my $out, '-|', "mariadb --defaults-file=$self->{dir}/my.cnf"
        . " --batch --skip-column-names $database <$path"
        or die "mariadb: $!\n";
    chomp(my @lines = <$out>);
    close $out or die "mariadb failed: $sql\n";
    return map { [split /\t/, $_, -1] } @lines;
}

# A connection as root of the server, a Setlink::Connection.
sub connect {
    my ($self, $database) = @_;
    my $connection = Setlink::Connection->open_with(
        "--defaults-file=$self->{dir}/my.cnf", $database);
    $connection->query("SET time_zone = '+00:00'");
    return $connection;
}

1;
