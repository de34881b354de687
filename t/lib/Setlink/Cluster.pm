# SPDX-License-Identifier: MIT
# Three nodes of MariaDB with Galera on the loopback interface, for one test.
package Setlink::Cluster;

use strict;
use warnings;

use Setlink::Database;
use Setlink::Process qw(start_process stop_process wait_until free_port
    scratch);
use Test::More;
use Time::HiRes qw(sleep time);

my $NODES    = 3;
my $USER     = 'mysql';
my $NAME     = 'setlink';
my $PASSWORD = 'only for tests';
my $SECONDS  = 120;
my @PROVIDERS = map { "$_/libgalera_smm.so" } qw(/usr/lib/galera
    /usr/lib64/galera-4 /usr/lib64/galera);

my $count = 0;

# The address that a node has for this purpose.
sub address { return "127.0.0.1:$_[0]{ports}{$_[1]}" }

sub provider_options {
    my ($node) = @_;
    return join '; ', 'gmcast.listen_addr=tcp://' . address($node, 'group'),
        'ist.recv_addr=' . address($node, 'ist'), 'gcache.size=16M',
        'gcache.page_size=16M';
}

# What the node needs beside what one server of the tests has.
sub configuration {
    my ($self, $node) = @_;
    my $text = Setlink::Database::configuration($node->{dir});
    $text =~ s/^skip-networking\n//m;
    my ($provider) = grep { -e } @PROVIDERS;
    die "no libgalera_smm.so\n" if !$provider;
    my $members = join ',', map { address($_, 'group') } @{ $self->{nodes} };
    my $address = address($node, 'sst');
    my $options = provider_options($node);
    my $wsrep = <<"END";
bind-address=127.0.0.1
port=$node->{ports}{client}
binlog-format=ROW
innodb-autoinc-lock-mode=2
wsrep-on=ON
wsrep-provider=$provider
wsrep-provider-options="$options"
wsrep-cluster-name=$self->{name}
wsrep-cluster-address=gcomm://$members
wsrep-node-name=$node->{name}
wsrep-node-address=127.0.0.1
wsrep-sst-method=rsync
wsrep-sst-receive-address=$address
wsrep-slave-threads=2
END
    return $text =~ s/^(?=\[client\])/$wsrep/mr;
}

sub new_node {
    my ($dir, $name) = @_;
    mkdir $_ or die "$_: $!\n" for "$dir/$name";
    return {
        name  => $name,
        dir   => "$dir/$name",
        log   => "$dir/$name/server.log",
        ports => { map { $_ => free_port() } qw(client group ist sst) },
    };
}

# As root the servers are those of another user: rsync, which copies the data of
# one node to another, gives up root's rights. Returns what a command begins
# with that runs as that user.
sub as_user {
    my ($dir) = @_;
    return if $> != 0;
    chmod 0711, scratch(), $dir;
    return (qw(setpriv --pdeathsig TERM --reuid), $USER, '--regid', $USER,
        '--init-groups', '--');
}

# Give the folder of a node to the user that its server runs as.
sub give {
    my ($node) = @_;
    return if $> != 0;
    system('chown', '-R', "$USER:$USER", $node->{dir}) == 0
        or die "chown failed\n";
    return;
}

# Start them; they end with the test. The nodes have the database `setlink`
# without tables.
sub start {
    my ($class) = @_;
    my $dir = scratch() . '/cluster' . $count++;
    mkdir $dir or die "$dir: $!\n";
    my $self = bless {
        name  => "setlink-test-$$-$count",
        as    => [as_user($dir)],
        nodes => [map { new_node($dir, "node$_") } 1 .. $NODES],
    }, $class;
    my ($first, @others) = @{ $self->{nodes} };
    Setlink::Database::write_file("$_->{dir}/my.cnf", $self->configuration($_))
        for $first, @others;
    give($_) for $first, @others;
    $self->install($first);
    # With the state of the first one no node has to be sent a whole copy.
    system('cp', '-a', "$first->{dir}/data", $_->{dir}) == 0
        or die "cp failed\n" for @others;
    $self->run_node($first, '--wsrep-new-cluster');
    $self->run_node($_) for @others;
    $self->wait_whole;
    return $self;
}

sub install {
    my ($self, $node) = @_;
    my $user = getpwuid $>;
    Setlink::Database::run_quietly("$node->{dir}/install.log", @{ $self->{as} },
        'mariadb-install-db', "--defaults-file=$node->{dir}/my.cnf",
        '--wsrep-on=OFF', '--skip-test-db',
        '--auth-root-authentication-method=socket',
        "--auth-root-socket-user=$user");
    $self->run_node($node, '--wsrep-new-cluster');
    database($node)->query('', <<"END");
CREATE DATABASE $NAME CHARACTER SET utf8mb4;
CREATE USER setlink\@127.0.0.1 IDENTIFIED BY '$PASSWORD';
GRANT ALL ON $NAME.* TO setlink\@127.0.0.1;
END
    end_node($node);
    return;
}

sub run_node {
    my ($self, $node, @arguments) = @_;
    my ($server) = grep { -x } map { "$_/mariadbd" } split(/:/, $ENV{PATH}),
        '/usr/sbin', '/usr/local/sbin';
    die "no mariadbd\n" if !$server;
    $node->{pid} = start_process($node->{log}, @{ $self->{as} }, $server,
        "--defaults-file=$node->{dir}/my.cnf", @arguments);
    wait_until($node->{pid}, $node->{log}, sub { is_synced($node) });
    return;
}

sub end_node {
    my ($node) = @_;
    kill 'TERM', $node->{pid};
    waitpid $node->{pid}, 0;
    return;
}

sub database { return Setlink::Database->at($_[0]{dir}) }

# Values of the server by their names; empty when it gives none.
sub node_status {
    my ($node) = @_;
    my $path = "$node->{dir}/status";
    system("mariadb --defaults-file=$node->{dir}/my.cnf --batch"
        . " --skip-column-names -e \"SHOW STATUS LIKE 'wsrep%'\""
        . " >$path 2>&1") == 0 or return {};
    open my $file, '<', $path or die "$path: $!\n";
    return { map { /\A(\w+)\t(.*)\n?\z/ } <$file> };
}

sub is_synced {
    my ($status) = map { node_status($_) } @_;
    return ($status->{wsrep_local_state_comment} // '') eq 'Synced'
        && ($status->{wsrep_ready} // '') eq 'ON';
}

sub wait_for {
    my ($what, $ready) = @_;
    my $end = time + $SECONDS;
    until ($ready->()) {
        die "$what: not within $SECONDS s\n" if time > $end;
        sleep 0.1;
    }
    return;
}

# Until all nodes are in one group, and hold what it holds.
sub wait_whole {
    my ($self) = @_;
    wait_for('a whole cluster', sub {
        $NODES == grep { is_synced($_)
                && (node_status($_)->{wsrep_cluster_size} // 0) == $NODES }
            @{ $self->{nodes} } });
    return;
}

# Settings that lead to the nodes, beginning with the one of this index, as
# NAME, VALUE...
sub settings {
    my ($self, $first) = @_;
    my @nodes = @{ $self->{nodes} }[map { ($first + $_) % $NODES }
        0 .. $NODES - 1];
    return (
        SETLINK_DB_HOST     => join(',', map { address($_, 'client') } @nodes),
        SETLINK_DB_NAME     => $NAME,
        SETLINK_DB_USER     => 'setlink',
        SETLINK_DB_PASSWORD => $PASSWORD,
    );
}

# One value of a node's status; undefined when it gives none.
sub status { return node_status($_[0]{nodes}[ $_[1] ])->{ $_[2] } }

# Rows of the node of this index, as Setlink::Database gives them. Other nodes
# have told it what they have written.
sub query {
    my ($self, $index, $sql) = @_;
    return database($self->{nodes}[$index])->query($NAME,
        "SET SESSION wsrep_sync_wait = 15;\n$sql");
}

# A connection as root, a Setlink::Connection.
sub connect { return database($_[0]{nodes}[ $_[1] ])->connect($NAME) }

# What happens to the node of this index: it is killed outright, ended, started
# again, stopped by the kernel and let go on, cut off from the others and back.
sub kill_node {
    my ($self, $index) = @_;
    kill 'KILL', $self->{nodes}[$index]{pid};
    waitpid $self->{nodes}[$index]{pid}, 0;
    return;
}

sub shut_down  { end_node($_[0]{nodes}[ $_[1] ]);           return }
sub bring_back { $_[0]->run_node($_[0]{nodes}[ $_[1] ]);    return }
sub freeze     { kill 'STOP', $_[0]{nodes}[ $_[1] ]{pid};   return }
sub thaw       { kill 'CONT', $_[0]{nodes}[ $_[1] ]{pid};   return }

sub isolate {
    my ($self, $index, $whether) = @_;
    database($self->{nodes}[$index])->query('', 'SET GLOBAL'
        . " wsrep_provider_options = 'gmcast.isolate=$whether'");
    return;
}

# Take the node out of flow control, as one that gives its data to another is,
# or back: ON or OFF.
sub desync {
    my ($self, $index, $whether) = @_;
    database($self->{nodes}[$index])->query('',
        "SET GLOBAL wsrep_desync = $whether");
    return;
}

# Another empty database for the user of the settings.
sub make_database {
    my ($self, $name) = @_;
    $self->query(0, "CREATE DATABASE $name CHARACTER SET utf8mb4;"
        . " GRANT ALL ON $name.* TO setlink\@127.0.0.1");
    return;
}

# Test that all nodes hold the same rows in this database.
sub are_equal {
    my ($self, $name, $database) = @_;
    $database //= $NAME;
    my @tables = map { "$database.$_->[0]" } $self->query(0,
        'SELECT table_name FROM information_schema.tables'
            . " WHERE table_schema = '$database'");
    my $sql = 'CHECKSUM TABLE ' . join ', ', @tables;
    my @sums = map { join "\n", map { "@$_" } $self->query($_, $sql) }
        0 .. $NODES - 1;
    return is_deeply([@sums[1 .. $NODES - 1]], [($sums[0]) x ($NODES - 1)],
        $name);
}

1;
