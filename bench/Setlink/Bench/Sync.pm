# The refresh, and lists of many recordings: what bench/size.pl measures, on a
# real MinIO and on a bucket that is played.
package Setlink::Bench::Sync;

use strict;
use warnings;
use utf8;

use FindBin;

sub size {
    my (@arguments) = @_;
    open my $out, '-|', $^X, "$FindBin::Bin/size.pl", @arguments
        or die "size.pl: $!\n";
    my $text = join '', <$out>;
    close $out or die "size.pl @arguments failed\n";
    return "$text\n";
}

sub run { return size('--minio', 10_000) . size(100) . size(100_000) }

1;
