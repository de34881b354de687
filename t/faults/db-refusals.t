# SPDX-License-Identifier: MIT
# MariaDB is there, but refuses what setlink asks of it, for a while.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Setlink::DatabaseFault qw(under_load cut_connections is_refused_by);
use Setlink::Instance;
use Test::More;

my $SECONDS = 3;

my $instance = Setlink::Instance->start(workers => 4,
    settings => { SETLINK_DB_TIMEOUT => 2 });
my @workers = sort $instance->worker_pids;

sub sql { return $instance->query($_[0]) }

# Test a fault that begins and ends with statements. Options: cut (whether
# connections are cut when it begins), numbers (of the error).
sub refuses {
    my ($name, $begin, $end, %option) = @_;
    my $result;
    subtest $name => sub {
        $result = under_load($instance, "MariaDB: $name for $SECONDS s", sub {
            ref $_ ? $_->() : sql($_) for @$begin;
            cut_connections($instance) if $option{cut};
            sleep $SECONDS;
            ref $_ ? $_->() : sql($_) for @$end;
        });
        is_refused_by($instance, $result, @{ $option{numbers} })
            if $option{numbers};
    };
    return $result;
}

my $result = refuses('read-only', ['SET GLOBAL read_only = 1'],
    ['SET GLOBAL read_only = 0'], numbers => [1290]);
cmp_ok($result->{served_in_fault}, '>', 0, 'who only reads is served');

refuses('without a right', ['REVOKE INSERT ON sessions FROM setlink@localhost'],
    ['GRANT INSERT ON sessions TO setlink@localhost'], numbers => [1142]);

refuses('the account is locked', ['ALTER USER setlink@localhost ACCOUNT LOCK'],
    ['ALTER USER setlink@localhost ACCOUNT UNLOCK'], cut => 1,
    numbers => [4151]);

my $password = $instance->env('SETLINK_DB_PASSWORD');
refuses('another password',
    ["ALTER USER setlink\@localhost IDENTIFIED BY 'another'"],
    ["ALTER USER setlink\@localhost IDENTIFIED BY '$password'"], cut => 1,
    numbers => [1045]);
unlike($instance->log('worker'), qr/\Q$password\E/, 'which is not logged');

my ($most) = map { $_->[0] } sql('SELECT @@GLOBAL.max_connections');
my @others;
refuses('no free connection', [sub {
        @others = map { $instance->{database}->connect('setlink') } 1 .. 10;
        $others[0]->query('SET GLOBAL max_connections = 10');
        $others[0]->query('KILL HARD CONNECTION USER setlink');
    }],
    [sub {
        $others[0]->query("SET GLOBAL max_connections = $most");
        $_->disconnect for @others;
    }], numbers => [1040]);

my ($version) = map { $_->[0] } sql('SELECT MAX(version)'
    . ' FROM schema_migrations');
refuses('older tables', ["DELETE FROM schema_migrations"
            . " WHERE version = $version"],
    ["INSERT INTO schema_migrations VALUES ($version, '', NOW())"], cut => 1);
like($instance->since_mark, qr/ status=503 .*version $version is needed/,
    'the log says why');
refuses('newer tables', ["INSERT INTO schema_migrations"
            . " VALUES (1000, '', NOW())"],
    ['DELETE FROM schema_migrations WHERE version = 1000'], cut => 1);
like($instance->since_mark, qr/ status=503 .*install a newer setlink/,
    'the log says why');

is_deeply([sort $instance->worker_pids], \@workers, 'no worker has ended');
$instance->is_clean;
done_testing;
