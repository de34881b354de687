# SPDX-License-Identifier: MIT
# The refresh, and lists of many recordings: what bench/size.pl measures, on a
# real MinIO and on a bucket that is played.
package Setlink::Bench::Sync;

use strict;
use warnings;
use utf8;

use FindBin;
use Setlink::Bench::Figures qw(table_row reach);

sub size {
    my (@arguments) = @_;
    open my $out, '-|', $^X, "$FindBin::Bin/size.pl", @arguments
        or die "size.pl: $!\n";
    my $text = join '', <$out>;
    close $out or die "size.pl @arguments failed\n";
    return "$text\n";
}

# The columns of the row of that name.
sub columns {
    my ($text, $name) = @_;
    my ($row) = $text =~ /^\| \Q$name\E \| (.*) \|$/m
        or die "no row $name in:\n$text";
    return split / \| /, $row;
}

sub ratio_of_pages {
    my ($name, $small, $large) = @_;
    return (columns($large, $name))[0] / (columns($small, $name))[0];
}

sub run {
    my $minio = size('--minio', 10_000);
    my $small = size(200);
    my $large = size(100_000);
    my ($most) = sort { $b <=> $a } map { /(\d+) KB/g } $minio, $large;
    my ($first) = columns($minio, 'first sync');
    return $minio . $small . $large
        . table_row('reach', 'to be', 'is', '') . table_row(('---') x 4)
        . reach('10,000 new: time to that of curl, 16 at a time', '≤', 1.25,
            (columns($minio, 'first sync'))[2])
        . reach('10,000 new: metadata a second', '≥', 1500,
            10_000 / ($first =~ s/ s//r))
        . reach('unchanged: time to that of the listing', '≤', 1.1,
            (columns($minio, 'unchanged'))[2])
        . reach('peak memory, MB', '≤', 20, $most / 1024)
        . reach('first page of 100,000 to that of 200', '≤', 1.1,
            ratio_of_pages('first page', $small, $large))
        . reach('last page of 100,000 to that of 200', '≤', 1.1,
            ratio_of_pages('last page', $small, $large)) . "\n";
}

1;
