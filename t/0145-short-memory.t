# SPDX-License-Identifier: MIT
# Some of the allocations of each route fail: t/memory/routes.t has all.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Setlink::Routes qw(all_routes);
use Setlink::Scene qw(make_day make_night route_cases bad_cases);
use Setlink::Torture;
use Test::More;

my $EACH = 17;

my $torture = Setlink::Torture->start;
my ($count, @wrong) = (0);
my $scene = make_night($torture, make_day($torture));
$torture->remember;
for my $case (grep { !$_->{day} && !$_->{starts} && !$_->{fresh} }
    route_cases($scene, all_routes()), bad_cases($scene)) {
    my $result = $torture->torture($case, step => $EACH);
    $count += $result->{count};
    push @wrong, map { "$case->{name}: $_" } @{ $result->{wrong} };
}
is(join("\n", @wrong), '', 'nothing is wrong');
cmp_ok($count, '>', 100, "with $count allocations that failed");
is($torture->hire, 0, 'the worker ends well');
unlike($torture->log, qr/Sanitizer|runtime error/, 'it has lost no memory');
done_testing;
