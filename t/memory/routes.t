# SPDX-License-Identifier: MIT
# Each route, while its first allocation fails, then its second one... and while
# all fail from there on: no worker dies, nothing is done by halves, and the
# next request is answered as if nothing had been.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Setlink::Routes qw(all_routes);
use Setlink::Scene qw(make_day make_night route_cases bad_cases);
use Setlink::Torture;
use Test::More;

my $torture = Setlink::Torture->start;
my %total;

sub run_case {
    my ($case) = @_;
    my $result = $torture->torture($case, 
        $case->{starts} || $case->{fresh} ? (more => 7) : (more => 1));
    is("@{ $result->{wrong} }", '', $case->{name});
    my $answers = $result->{answers};
    note(sprintf '%s (usually %d): %d allocations; %s', $case->{name},
        $result->{usual}{status}, $result->{count},
        join ', ', map { "$_: $answers->{$_}" } sort keys %$answers);
    $total{$_} += $answers->{$_} for keys %$answers;
    $total{count} += $result->{count};
    return $result;
}

sub run_good {
    my ($case) = @_;
    my $result = run_case($case) // return;
    like($result->{usual}{status}, qr/\A[23]/, '  which is a good request')
        or diag($result->{usual}{content});
    return;
}

my $scene = make_day($torture);
$torture->remember;
my @day = grep { "$_->{method} $_->{path}" eq 'POST /api/event/start' }
    all_routes();
run_good($_) for route_cases($scene, @day);

make_night($torture, $scene);
$torture->remember;
run_good($_) for grep { !$_->{day} } route_cases($scene, all_routes());
run_case($_) for bad_cases($scene);

is($torture->hire, 0, 'the worker ends well');
unlike($torture->log, qr/Sanitizer|runtime error/, 'it has lost no memory');
diag(join ', ', map { "$_: $total{$_}" } sort keys %total);
done_testing;
