# SPDX-License-Identifier: MIT
# The rights that workers get: enough for what they do (all other tests work with
# them), and no more.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Setlink::Command qw(setlink);
use Setlink::Database;
use Test::More;

my $database = Setlink::Database->start;
my %settings = $database->prepare;
my $name = $settings{SETLINK_DB_NAME};

# Run a statement as that user; returns "done" or the number of the error.
sub client {
    my ($statement) = @_;
    my $path = "$database->{dir}/rights.sql";
    open my $file, '>', $path or die "$path: $!\n";
    print {$file} $statement;
    close $file or die "$path: $!\n";
    local $ENV{MYSQL_PWD} = $settings{SETLINK_DB_PASSWORD};
    my $out = qx(mariadb --no-defaults --batch --user=setlink \\
        --socket='$settings{SETLINK_DB_SOCKET}' $name <'$path' 2>&1);
    return $? == 0 ? 'done' : $out =~ /ERROR (\d+)/ ? $1 : $out;
}

is(client('SELECT COUNT(*) FROM djs'), 'done', 'it can log in');
my @denied = (
    'DROP TABLE djs', 'TRUNCATE TABLE audit', 'CREATE TABLE x (a INT)',
    'ALTER TABLE djs ADD COLUMN x INT', 'CREATE INDEX x ON djs (weight)',
    "DROP DATABASE $name", 'CREATE DATABASE other',
    'SELECT * FROM mysql.user', 'SELECT * FROM mysql.global_priv',
    'CREATE USER x', 'GRANT SELECT ON djs TO x',
    'CREATE TRIGGER x BEFORE INSERT ON djs FOR EACH ROW SET @a = 1',
    'SET GLOBAL read_only = 0', "SELECT 1 INTO OUTFILE '/tmp/x'",
    'LOCK TABLES djs READ', 'DELETE FROM audit',
    "UPDATE audit SET who = 'x'", 'UPDATE audit SET at = NOW()',
    'DELETE FROM draws', "UPDATE draws SET seed = 'x'",
    'DELETE FROM draw_participants', 'UPDATE draw_participants SET weight = 1',
    'DELETE FROM admin_tokens', "UPDATE admin_tokens SET hash = 'x'",
    'DELETE FROM schema_migrations', 'DELETE FROM sessions',
    'DELETE FROM recordings',
);
for my $statement (@denied) {
    like(client($statement), qr/\A(?:1044|1045|1142|1143|1227|1370)\z/,
        "no $statement");
}
my ($status, undef, $error) = setlink(\%settings, 'migrate');
is($status, 69, 'no setlink migrate');
like($error, qr/lacks a right/, 'for this reason');

done_testing;
