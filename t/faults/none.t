# SPDX-License-Identifier: MIT
# The load itself, with nothing broken: what the other lines are to be read
# beside. Nothing is refused then; and what is taken out of the tables is missed.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Setlink::Instance;
use Setlink::Invariants qw(broken_invariants);
use Setlink::Load;
use Test::More;

my $instance = Setlink::Instance->start(workers => 4);
my $load = Setlink::Load->start(port => [$instance->port]);
$load->run_for(5);
my $result = $load->stop;
$load->check_nothing_lost(sub { $instance->query($_[0]) });
$load->report('none');
is($result->{refused}, 0, 'nothing is refused');
ok(scalar keys %{ $result->{acknowledged}{$_} }, "there is a $_")
    for qw(dj draw set end gone);
$instance->query('DELETE FROM session_djs LIMIT 1');
is(scalar broken_invariants(sub { $instance->query($_[0]) }), 1,
    'a row that is missing is noticed');
$instance->is_clean;
done_testing;
