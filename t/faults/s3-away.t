# SPDX-License-Identifier: MIT
# MinIO is down, or frozen, while clients are served.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Setlink::StoreFault;
use Test::More;

my $store = Setlink::StoreFault->start(sub { $_[0]->url });
my $minio = $store->minio;

$store->fails_unnoticed('MinIO is down', seconds => 15,
    break => sub { $minio->stop }, mend => sub { $minio->start_again },
    like => qr/cannot be reached: Connection refused/);

# A request that is sent, and not answered, is given up after 20 seconds.
$store->fails_unnoticed('MinIO is frozen', seconds => 60,
    break => sub { kill 'STOP', $minio->pid },
    mend => sub { kill 'CONT', $minio->pid },
    like => qr/cannot be reached: Timeout was reached/);

$store->end;
done_testing;
