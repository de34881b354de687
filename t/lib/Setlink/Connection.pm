# SPDX-License-Identifier: MIT
# A connection to MariaDB that stays: one client for many statements, and for
# transactions that a test holds open.
package Setlink::Connection;

use strict;
use warnings;

use IPC::Open2 qw(open2);

my $END = 'end of the rows';

# As Setlink::Database->connect makes it.
sub open_with {
    my ($class, @arguments) = @_;
    my $pid = open2(my $out, my $in, 'mariadb', @arguments, '--batch',
        '--skip-column-names', '--unbuffered');
    return bless { pid => $pid, out => $out, in => $in }, $class;
}

# Run one statement. Returns the rows, each an array of texts; NULL is the word
# NULL.
sub query {
    my ($self, $sql) = @_;
    local $SIG{PIPE} = 'IGNORE';
    my ($in, $out) = @{$self}{qw(in out)};
    print {$in} "$sql;\nSELECT '$END';\n";
    $in->flush;
    my @rows;
    while (defined(my $line = <$out>)) {
        chomp $line;
        return @rows if $line eq $END;
        push @rows, [split /\t/, $line, -1];
    }
    die "mariadb failed: $sql\n";
}

# The first value of the first row.
sub value { return ($_[0]->query($_[1]))[0][0] }

sub disconnect {
    my ($self) = @_;
    close $self->{in};
    waitpid $self->{pid}, 0;
    return;
}

1;
