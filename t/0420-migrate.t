# SPDX-License-Identifier: MIT
# `setlink migrate`: several at once, once more, and what it refuses.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Setlink::Command qw(setlink setlink_start setlink_wait);
use Setlink::Database;
use Test::More;

my $database = Setlink::Database->start;

sub settings { return { $database->create, SETLINK_LOG => 'error' } }

sub rows {
    my ($settings, $sql) = @_;
    return $database->query($settings->{SETLINK_DB_NAME}, $sql);
}

# Everything about the tables, and what is in those that migrations fill.
sub schema {
    my ($settings) = @_;
    my @tables = map { $_->[0] } rows($settings, 'SHOW TABLES');
    return [
        (map { (rows($settings, "SHOW CREATE TABLE $_"))[0] } @tables),
        rows($settings, 'SELECT version, name FROM schema_migrations'),
        rows($settings, 'SELECT name, owner FROM leases ORDER BY name'),
        rows($settings, 'SELECT HEX(id), open_mark FROM pools'),
        rows($settings, 'SELECT * FROM sync_state'),
    ];
}

my @steps = map { [m{/0*(\d+)-(.*)\.sql$}] }
    grep { !m{/0000-} } sort glob("$FindBin::Bin/../sql/*.sql");
my $newest = $steps[-1][0];

# --- A new database.

my $settings = settings();
my ($status, $out, $err) = setlink($settings, 'migrate');
is($status, 0, 'an empty database');
is($out, "the database has version $newest, it had 0\n", 'it says so');
is($err, '', 'and nothing else');
my $schema = schema($settings);
is_deeply([rows($settings, 'SELECT version, name FROM schema_migrations')],
    \@steps, 'all files of sql/ were applied');
is_deeply([map { $_->[0] } rows($settings, <<'END')],
SELECT column_name FROM information_schema.columns
WHERE table_schema = DATABASE() AND table_name = 'sessions'
AND column_name LIKE 'recorder%' AND data_type = 'text' ORDER BY column_name
END
    [qw(recorder_flac_url recorder_id recorder_ogg_url recorder_session_id
            recorder_waveform_url)],
    'sessions has the five documented columns');
my @without_key = rows($settings, <<'END');
SELECT t.table_name FROM information_schema.tables t
WHERE t.table_schema = DATABASE() AND NOT EXISTS (
SELECT 1 FROM information_schema.table_constraints c
WHERE c.table_schema = t.table_schema AND c.table_name = t.table_name
AND c.constraint_type = 'PRIMARY KEY')
END
is_deeply(\@without_key, [], 'every table has a primary key');
is_deeply([rows($settings, 'SELECT DISTINCT engine FROM'
        . ' information_schema.tables WHERE table_schema = DATABASE()')],
    [['InnoDB']], 'every table is one of InnoDB');

# --- Once more.

is_deeply([setlink($settings, 'migrate')],
    [0, "the database has version $newest\n", ''], 'once more');
is_deeply(schema($settings), $schema, 'nothing has changed');

# --- Several at once, on an empty database.

for my $round (1 .. 3) {
    my $many = settings();
    my @started = map { setlink_start($many, 'migrate') } 1 .. 8;
    my @ended = map { [setlink_wait($_)] } @started;
    is_deeply([map { $_->[0] . $_->[2] } @ended], [(0) x 8],
        "eight at once: round $round");
    is(scalar(grep { $_->[1] =~ /it had 0/ } @ended), 1,
        'one of them did it');
    is_deeply(schema($many), $schema, 'the same tables');
}

# --- After one that was ended half way.

my $last = 0;
for my $lost (map { $_->[0] } @steps) {
    my $half = settings();
    is((setlink($half, 'migrate'))[0], 0, "up to version $newest");
    rows($half, "DELETE FROM schema_migrations WHERE version >= $lost;"
            . " UPDATE leases SET owner = UNHEX(REPEAT('ab', 16)),"
            . " until_at = UTC_TIMESTAMP(6) WHERE name = 'migrate'");
    rows($half, 'ALTER TABLE sessions DROP COLUMN recorder_ogg_url')
        if $lost <= 2;
    is_deeply([(setlink($half, 'migrate'))[0, 1]],
        [0, 'the database has version ' . "$newest, it had "
            . "$last\n"], "from version $lost on, once more");
    $last = $lost;
    my ($columns) = rows($half, 'SELECT COUNT(*) FROM'
            . ' information_schema.columns WHERE table_schema = DATABASE()'
            . " AND table_name = 'sessions'");
    my ($want) = rows($settings, 'SELECT COUNT(*) FROM'
            . ' information_schema.columns WHERE table_schema = DATABASE()'
            . " AND table_name = 'sessions'");
    is_deeply($columns, $want, 'with all columns');
}

# --- What it refuses.

rows($settings, "INSERT INTO schema_migrations VALUES (99, 'later', NOW())");
$schema = schema($settings);
($status, $out, $err) = setlink($settings, 'migrate');
is("$status $out", '1 ', 'a newer database is refused');
is($err, 'setlink: the database has version 99, this program knows '
        . "$newest: install a newer setlink\n", 'and told why');
is_deeply(schema($settings), $schema, 'nothing was done to it');
($status, $out, $err) = setlink({ %{ settings() },
    SETLINK_DB_PASSWORD => 'wrong' }, 'migrate');
is("$status $out", '69 ', 'a wrong password');
like($err, qr/^setlink: the database refuses the user or the password\n\z/m,
    'one line tells it');

# --- The rest of the command line.

my @version = setlink({}, 'version');
like("@version", qr/\A0 setlink \d+\.\d+\.\d+\n \z/, 'version');
($status, $out, $err) = setlink({}, 'help');
is("$status$err", '0', 'help');
like($out, qr/^  $_ /m, "help knows $_") for qw(migrate sync check probe events
    backup restore);
is_deeply([setlink({}, '--help')], [0, $out, ''], '--help is help');
is_deeply([setlink({}, '--version')], \@version, '--version is version');
for my $args ([], ['bogus'], ['migrate', 'extra'], ['check', '--bogus'],
    ['version', '-x'], ['probe', 'x'], ['events'], ['events', 'setup', 'x']) {
    ($status, $out, $err) = setlink({}, @$args);
    is("$status $out", '64 ', "wrong use: setlink @$args");
    like($err, qr/^(?:setlink: )?usage: setlink|^setlink: there is no command/,
        'it says how to do it');
}

done_testing();
