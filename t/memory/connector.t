# SPDX-License-Identifier: MIT
# Some routes, while an allocation of Connector/C itself fails. It has no hooks,
# so the library is found by who calls malloc. One allocation is left out: when
# the one for the answer to the server's greeting fails (in mysql_real_connect),
# the library follows a null pointer itself. libfcgi is not tried: it aborts
# the process for each of its own (about ten a request).
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Setlink::Instance;
use Setlink::Routes qw(all_routes);
use Setlink::Scene qw(make_day make_night route_cases);
use Setlink::Torture;
use Test::More;

plan skip_all => 'sanitizers have a malloc of their own'
    if Setlink::Instance::is_sanitized();

my %CHOICE = map { $_ => 1 } 'GET /api/djs', 'POST /api/djs/register',
    'GET /api/lottery/queue', 'POST /api/lottery/draw',
    'POST /api/sessions/start', 'GET /api/sessions',
    'GET /api/session-recorder/session/{session_id}';

my $torture = Setlink::Torture->start(library => 'libmariadb');
my $scene = make_night($torture, make_day($torture));
my %total;
$torture->remember;
for my $case (route_cases($scene,
    grep { $CHOICE{"$_->{method} $_->{path}"} } all_routes())) {
    my $result = $torture->torture($case);
    my @wrong = @{ $result->{wrong} };
    my @deaths = grep { /it has died of signal 11/ } @wrong;
    is(join("\n", grep { !/it has died of signal 11/ } @wrong), '',
        $case->{name});
    cmp_ok(@deaths, '<=', 1, '  and no more deaths than are known')
        or diag("@deaths");
    $total{$_} += $result->{answers}{$_} for keys %{ $result->{answers} };
    $total{count} += $result->{count};
}
diag(join ', ', map { "$_: $total{$_}" } sort keys %total);
done_testing;
