# SPDX-License-Identifier: MIT
# Writes on all nodes of a cluster at once, for the same rows; reads on one node
# of what was written on another; tables that are made and changed meanwhile.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use POSIX ();
use Setlink::ClusterNight;
use Setlink::Command qw(setlink_start setlink_wait);
use Setlink::Night qw(new_dj new_set new_recording link_target must);
use Test::More;
use Time::HiRes qw(sleep);

my $HOUR = 3600;
my $now  = int time;

my $night = Setlink::ClusterNight->start;
my $cluster = $night->cluster;
my $mixed = $night->mixed;

# How often each status was answered, as "200: 1, 409: 199".
sub statuses {
    my (@answers) = @_;
    my %count;
    $count{ $_->{status} }++ for @answers;
    return join ', ', map { "$_: $count{$_}" } sort keys %count;
}

subtest 'tables' => sub {
    my @without = $cluster->query(0, 'SELECT t.table_name'
        . ' FROM information_schema.tables t WHERE t.table_schema = DATABASE()'
        . ' AND NOT EXISTS (SELECT 1 FROM information_schema.statistics s'
        . ' WHERE s.table_schema = t.table_schema'
        . " AND s.table_name = t.table_name AND s.index_name = 'PRIMARY')");
    is("@{[ map { $_->[0] } @without ]}", '', 'each table has a primary key');
    my @engines = $cluster->query(0, 'SELECT DISTINCT engine FROM'
        . ' information_schema.tables WHERE table_schema = DATABASE()');
    is("@{[ map { $_->[0] } @engines ]}", 'InnoDB',
        'and is one that is replicated');
    is(scalar $cluster->query(0, 'SELECT 1 FROM information_schema.columns'
        . " WHERE table_schema = DATABASE() AND extra LIKE '%auto_inc%'"), 0,
        'no number is made by the server: those of a node have gaps');
};

# The answer to a request of the workers of the last node, which has what other
# nodes write only when the function that is returned says so.
sub ask_behind {
    my @request = @_;
    pipe my $in, my $out or die "pipe: $!\n";
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        my $answer = $night->workers(2)->request(@request);
        syswrite $out, "$answer->{status}\n";
        POSIX::_exit(0);
    }
    close $out;
    return sub {
        sleep 1;
        $_[0]->();
        chomp(my $status = <$in> // '');
        waitpid $pid, 0;
        return $status;
    };
}

subtest 'what another node has written' => sub {
    my ($token) = map { ($night->command(0, 'token', 'create', $_))[1] =~
            s/\n//r } qw(Anna Bert);
    my @header = (Authorization => "Bearer $token");
    my $admin = ['GET', '/api/admin/audit', undef, @header];
    is($night->workers(2)->request(@$admin)->{status}, 200, 'a token is taken');
    my $hold = $cluster->connect(2);
    my @cases = (
        'a new DJ is found' => 200, sub {
            ['GET', '/api/djs/' . new_dj($night->workers(0))] },
        'a new DJ can play' => 200, sub {
            ['POST', '/api/sessions/start',
                { dj_id => new_dj($night->workers(0)) }, @header] },
        'a token that is revoked is refused' => 401, sub {
            $night->command(0, 'token', 'revoke', 'Anna');
            $admin },
    );
    while (my ($name, $expected, $write) = splice @cases, 0, 3) {
        $hold->query('FLUSH TABLES WITH READ LOCK');
        my $finish = ask_behind(@{ $write->() });
        is($finish->(sub { $hold->query('UNLOCK TABLES') }), $expected, $name);
    }
    $night->command(0, 'token', 'revoke', 'Bert');
};

subtest 'the same rows' => sub {
    is(statuses($mixed->parallel(map { ['POST', '/api/djs/register',
                { name => 'Same Name' }] } 1 .. 60)),
        '200: 1, 409: 59', 'a name is registered once');
    my @djs = map { new_dj($mixed) } 1 .. 10;
    is(statuses($mixed->parallel(map { ['POST', '/api/sessions/start',
                { dj_id => $djs[$_ % 10] }] } 1 .. 100)),
        '200: 10, 409: 90', 'each of ten starts once');
    my @sets = map { $_->{id} } @{ must($mixed, 'GET',
            '/api/sessions?limit=10') };
    is(statuses($mixed->parallel(map { ['POST', '/api/sessions/end',
                { session_id => $sets[$_ % 10] }] } 1 .. 100)),
        '200: 10, 409: 90', 'and ends once');
    my @draws = $mixed->parallel((['POST', '/api/lottery/draw', {}]) x 40);
    my @winners = map { $_->{json}{winner}{id} }
        grep { $_->{status} == 200 && $_->{json}{winner} } @draws;
    my %once = map { $_ => 1 } @winners;
    ok(@winners > 0, 'there are draws') or diag(statuses(@draws));
    is(scalar keys %once, scalar @winners, 'nobody is drawn twice');
    my ($recording) = $night->record(1);
    my @same = map { new_set($mixed, $now - 12 * $HOUR, $now - 11 * $HOUR) }
        1 .. 10;
    like(statuses($mixed->parallel(map { ['POST',
                link_target($same[$_ % 10], $recording)] } 1 .. 60)),
        qr/\A200: \d+, 409: \d+\z/, 'sets of the same time: one gets it');
    my $list = join ', ', map { "X'" . tr/-//dr . "'" } @same;
    is(($cluster->query(1, 'SELECT COUNT(*) FROM session_recordings'
            . " WHERE session_id IN ($list)"))[0][0], 1, 'only one');
    $mixed->are_well;
    $cluster->are_equal('all nodes hold the same');
};

subtest 'all of it' => sub {
    my $result = $night->under_load('writes on all nodes', during => sub {
        $_[0]->run_for(10) });
    ok(scalar keys %{ $result->{acknowledged}{$_} }, "there is a $_")
        for qw(dj draw set link end gone);
};

# A migration has nothing to do here but what each start does; the tables of
# another database are made by three at once.
subtest 'migrations' => sub {
    $cluster->make_database('another');
    my $result = $night->under_load('three migrations at once',
        during => sub {
            my @started = map { setlink_start({ %{ $night->settings($_) },
                    SETLINK_DB_NAME => 'another' }, 'migrate') } 0 .. 2;
            is(join(' ', map { (setlink_wait($_))[0] } @started), '0 0 0',
                'all three succeed');
            is(($night->command($_, 'migrate'))[0], 0, 'another time')
                for 0 .. 2;
        });
    is($result->{by}{500} // 0, 0, 'no error');
    $cluster->are_equal('all nodes hold the same', 'another');
};

done_testing;
