# SPDX-License-Identifier: MIT
# A reader of CSV, as strict as RFC 4180.
package Setlink::Csv;

use strict;
use warnings;

use Encode ();
use Exporter 'import';

our @EXPORT_OK = qw(parse_csv);

# One cell from the front of a text. What is not in quotes has none, and no
# control characters either.
sub take_cell {
    my ($text) = @_;
    if ($$text =~ s/\A"((?:[^"]|"")*)"(?=,|\r\n)//) {
        return $1 =~ s/""/"/gr;
    }
    $$text =~ s/\A([^",\x00-\x1f\x7f]*)(?=,|\r\n)//
        or die 'no cell: ' . substr($$text, 0, 80) . "\n";
    return $1;
}

# The rows of a text (bytes), each an array of texts. Dies where the text is not
# CSV: every row ends with CR LF, and all have as many cells.
sub parse_csv {
    my ($bytes) = @_;
    my $text = Encode::decode('UTF-8', $bytes, Encode::FB_CROAK);
    my @rows;
    while (length $text) {
        my @cells = take_cell(\$text);
        push @cells, take_cell(\$text) while $text =~ s/\A,//;
        $text =~ s/\A\r\n// or die "no end of the row\n";
        die "rows differ in length\n" if @rows && @cells != @{ $rows[0] };
        push @rows, \@cells;
    }
    return @rows;
}

1;
