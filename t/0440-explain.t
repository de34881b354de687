# SPDX-License-Identifier: MIT
# How the database finds what each statement of the programs asks for, once
# there is much of it: by a key, and no more than it has to read.
#
# The statements are those in the compiled programs, so none can be forgotten.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Setlink::Command qw(program);
use Setlink::Database;
use Setlink::Filling qw(fill_database sample_value);
use Test::More;

# A table that fits into a page of a list may be read as a whole.
my $FEW = 100;

# No more rows than this are sorted, or read by one key without a LIMIT; and
# read in all, for there are up to 500 DJs in a pool, with three rows to each.
my $MOST = 1000;
my $MOST_READ = 2000;

# Beginnings of statements that may read all there is, and why.
my @EXCEPTIONS = (
    ['SELECT COUNT(*), COUNT(active_dj_id)', 'statistics of all sets'],
    ['SELECT COUNT(*), COUNT(NULLIF(is_active', 'statistics of all DJs'],
    ['SELECT COUNT(*), COUNT(start_time)', 'setlink check'],
    ['SELECT COUNT(*), COALESCE(SUM(COALESCE(ogg_size',
        'a recorder that has changed is counted anew, once a refresh'],
);

my $database = Setlink::Database->start;
my %settings = ($database->prepare, SETLINK_LOG => 'error');
fill_database($database, $settings{SETLINK_DB_NAME});

sub bytes_of {
    my ($path) = @_;
    open my $file, '<:raw', $path or die "$path: $!\n";
    local $/;
    return scalar <$file>;
}

# What reads or finds rows. A text that ends with a space is the start of one
# that is put together at run time: t/0430-index-list.t tests those. One that
# ends with a line break is of a migration, which runs once.
sub statements_of {
    my (@programs) = @_;
    my %found;
    for my $bytes (map { bytes_of(program($_)) } @programs) {
        $found{$1} = 1 while $bytes =~
            /((?:SELECT|INSERT|UPDATE|DELETE|REPLACE)\b[\x20-\x7e\n]+)\0/g;
    }
    return grep {
        /\A(?:SELECT|DELETE)\b.*\bFROM\b|\AUPDATE\b.*\bSET\b|\bSELECT\b/s
            && !/\s\z|\binformation_schema\b/
    } sort keys %found;
}

# The statement with a value for each parameter.
sub with_values {
    my ($sql) = @_;
    my ($out, $before) = ('', '');
    for my $part (split /(\?)/, $sql) {
        $before .= $part;
        $out .= $part eq '?' ? sample_value($before) : $part;
    }
    return $out;
}

sub plan_of {
    my ($connection, $sql) = @_;
    my @names = qw(id kind table type possible key length ref rows extra);
    return map { my %row; @row{@names} = @$_; \%row }
        $connection->query("EXPLAIN $sql");
}

# What is wrong with a line of the plan, else nothing.
sub fault {
    my ($sizes, $sql, $step) = @_;
    my ($type, $rows) = ($step->{type}, $step->{rows} =~ s/ .*//r);
    my $has_limit = $sql =~ /\bLIMIT\b/;
    my $size = $sizes->{ $step->{table} } // 0;
    return 'has no plan: ' . $step->{extra}
        if $step->{table} eq 'NULL' && $step->{extra} =~ /^Impossible WHERE$/;
    return if $type eq 'NULL' || $size <= $FEW && $step->{table} !~ /</;
    return 'reads all rows' if $type eq 'ALL';
    return 'joins by looking through all rows'
        if $step->{extra} =~ /join buffer/;
    return "sorts $rows rows"
        if $step->{extra} =~ /filesort|temporary/ && $rows > $MOST;
    return 'reads a whole key' if $type eq 'index' && $rows > $MOST;
    return "reads $rows rows" if $rows > $MOST && !$has_limit;
    return;
}

# How many rows the statement reads when it is run.
sub rows_read {
    my ($connection, $sql) = @_;
    $connection->query('FLUSH STATUS');
    $connection->query($sql);
    my $read = 0;
    $read += $_->[1]
        for $connection->query("SHOW SESSION STATUS LIKE 'Handler_read_%'");
    return $read;
}

# EXPLAIN names a table by its alias.
sub aliases_of {
    my ($sizes, $sql) = @_;
    my %size = %$sizes;
    while ($sql =~ /\b(\w+) (?:AS )?(\w+)\b/g) {
        $size{$2} = $sizes->{$1} if exists $sizes->{$1};
    }
    return \%size;
}

my $connection = $database->connect($settings{SETLINK_DB_NAME});
my %sizes = map { ($_->[0] => $connection->value("SELECT COUNT(*) FROM $_->[0]")) }
    $connection->query('SHOW TABLES');
cmp_ok($sizes{recordings}, '>=', 10_000, 'there is much of it');

my @statements = statements_of(qw(setlink setlink.fcgi));
cmp_ok(scalar @statements, '>', 80, 'the statements were found');
my %needed;
for my $sql (@statements) {
    my ($exception) = grep { index($sql, $_->[0]) == 0 } @EXCEPTIONS;
    my $filled = with_values($sql);
    my @plan = plan_of($connection, $filled);
    my $sizes_here = aliases_of(\%sizes, $sql);
    my @faults = map { my $fault = fault($sizes_here, $sql, $_);
        $fault ? "$_->{table} $fault" : () } @plan;
    my $read = $sql =~ /\ASELECT/ ? rows_read($connection, $filled) : 0;
    push @faults, "$read rows were read" if $read > $MOST_READ;
    if ($exception) {
        $needed{ $exception->[0] } = 1 if @faults;
        next;
    }
    is("@faults", '', substr $sql, 0, 60)
        or diag("$sql\n", map { join(' | ', @{$_}{qw(table type key rows
        extra)}) . "\n" } @plan);
}
is_deeply([grep { !$needed{$_} } map { $_->[0] } @EXCEPTIONS], [],
    'no exception is out of date');

done_testing;
