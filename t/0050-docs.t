#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# The manual and the sample settings say what the sources say.
use strict;
use warnings;
use Test::More;

sub slurp {
    my ($path) = @_;
    open my $fh, '<', $path or die "$path: $!";
    local $/;
    return <$fh>;
}

# name => default, from the one table of settings
sub settings_of_source {
    my $source = slurp('src/base/config_table.c');
    my %default;
    for my $row (split /\n    \{/, $source) {
        my @strings = $row =~ /"((?:[^"\\]|\\.)*)"/g;
        next unless @strings && $strings[0] =~ /^(?:SETLINK|SESSION_RECORDER)_/;
        $default{ $strings[0] } = $row =~ /NULL,\s*"SESSION_RECORDER_PUBLIC/
            ? undef : $strings[1];
    }
    return %default;
}

my %source = settings_of_source();
cmp_ok(keys %source, '>', 20, 'the table of settings was read');

my $readme = slurp('README.md');
my %readme = $readme =~ /^\| `(\w+)` \| (?:`([^`]*)`)?[^|]*\|/mg;
is_deeply([sort keys %readme], [sort keys %source],
    'README.md lists the settings');
for my $name (sort keys %source) {
    is($readme{$name} // '', $source{$name} // '', "default of $name");
}

my $sample = slurp('conf/setlink.env');
my %sample = $sample =~ /^#((?:SETLINK|SESSION)_\w+)=(.*)$/mg;
is_deeply([sort keys %sample], [sort keys %source],
    'conf/setlink.env lists the settings');
for my $name (grep { defined $source{$_} } sort keys %source) {
    is($sample{$name}, $source{$name}, "sample of $name");
}

# "METHOD pattern", from the tables of routes
sub routes_of_source {
    my @routes;
    for my $file (glob 'src/api/*.c') {
        my $source = slurp($file);
        my ($base) = $source =~ /^#define BASE "([^"]+)"/m;
        while ($source =~ /\{HTTP_(\w+),\s*(BASE)?\s*"([^"]+)"/g) {
            push @routes, "$1 " . ($2 ? $base : '') . $3;
        }
    }
    return sort @routes;
}

my @routes = routes_of_source();
my $manual = slurp('doc/api.md');
my @documented = sort $manual =~ /^\| ((?:GET|POST|PUT|DELETE) \S+) \|/mg;
cmp_ok(scalar @routes, '>', 15, 'the tables of routes were read');
is_deeply(\@documented, \@routes, 'doc/api.md lists the routes');

# The tests that stop an attack are there, and the table says nothing twice.
my $threats = slurp('doc/threats.md');
my @rows = map { [split /\s*\|\s*/] } $threats =~ /^\| (.+) \|$/mg;
splice @rows, 0, 2;
cmp_ok(scalar @rows, '>', 20, 'the table of attacks was read');
my %seen;
for (@rows) {
    my ($attack, $stop, $tests) = @$_;
    ok(!$seen{$attack}++ && $stop, "what stops: $attack");
    my @paths = map { s/\AHttpSuite/t\/lib\/Setlink\/HttpSuite/r }
        ($tests // '') =~ /`([^`]+)`/g;
    is_deeply([grep { !/\At\// || !-e } @paths], [], 'has its tests');
    isnt(scalar @paths, 0, 'at least one');
}

done_testing();
