# SPDX-License-Identifier: MIT
# The clock jumps while clients are served and an event runs: an hour ahead and
# back, and five minutes. No request fails of it, nothing is lost, and nobody is
# drawn twice. Links to recordings are good afterwards.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Digest::SHA qw(sha256_hex);
use HTTP::Tiny;
use Setlink::Draw qw(winner_of);
use Setlink::Instance;
use Setlink::Load;
use Setlink::Night qw(new_dj new_set new_recording);
use Setlink::Recordings qw(seconds_of);
use Test::More;

my $SECONDS = ($ENV{SETLINK_FAULT_SECONDS} // 10) / 5;
my @JUMPS   = (3600, -3600, 300, -300);

my $instance = Setlink::Instance->start(workers => 4, clock => 1);
my $now = int time;
my $recording = new_recording(start => $now - 7200, end => $now - 3600);
$instance->record($recording);
new_dj($instance) for 1 .. 40;
$instance->request('POST', '/api/event/start',
    { slot_duration_minutes => 15 });

# What is wrong with the record of a draw.
sub wrong_record {
    my ($id) = @_;
    my $record = $instance->request('GET', "/api/lottery/draws/$id")->{json};
    return (
        winner_of($record) eq $record->{winner}{dj_id} ? ()
            : "$id: another winner",
        sha256_hex(pack 'H*', $record->{seed}) eq $record->{commitment} ? ()
            : "$id: another seed",
        seconds_of($record->{drawn_at}) >= seconds_of($record->{due_at}) ? ()
            : "$id: drawn too early",
    );
}

sub rows { return map { join ' ', @$_ } $instance->query($_[0]) }

# Whether MinIO takes the link to a recording, as of the real time.
my $set = new_set($instance, $now - 7200, $now - 3600);
sub is_good_link {
    my ($name) = @_;
    my $link = $instance->request('GET',
        "/api/session-recorder/download/$set/ogg")->{json}{url};
    return is(HTTP::Tiny->new->get($link // '')->{content},
        "ogg of $recording->{id}", $name);
}

is_good_link('a link to a recording');
my $load = Setlink::Load->start(port => [$instance->port], clients => 12);
$load->run_for(1)->fault_begins;
for my $jump (@JUMPS) {
    $instance->clock_move($jump);
    $load->run_for($SECONDS);
}
is_good_link('the link is good afterwards');
$load->fault_over->run_for(1);
my $result = $load->stop;
$load->check_nothing_lost(sub { $instance->query($_[0]) });
$load->report('the clock jumps: an hour ahead and back, five minutes');
is($result->{refused}, 0, 'nobody is refused');
my @draws = rows('SELECT LOWER(CONCAT_WS("-", SUBSTR(HEX(id), 1, 8),'
    . ' SUBSTR(HEX(id), 9, 4), SUBSTR(HEX(id), 13, 4), SUBSTR(HEX(id), 17, 4),'
    . ' SUBSTR(HEX(id), 21))) FROM draws WHERE winner_id IS NOT NULL'
    . ' ORDER BY number LIMIT 60');
cmp_ok(scalar @draws, '>', 4, 'there were draws');
is_deeply([map { wrong_record($_) } @draws], [], 'each by its record');
is_deeply([rows('SELECT HEX(dj_id), COUNT(*) FROM queue_entries'
    . ' GROUP BY pool_id, round, dj_id HAVING COUNT(*) > 1')], [],
    'nobody has two places in a round');
is_deeply([rows('SELECT slot_at, COUNT(*) FROM queue_entries'
    . ' WHERE status = "waiting" AND slot_at IS NOT NULL'
    . ' GROUP BY pool_id, slot_at HAVING COUNT(*) > 1')], [],
    'no slot has two DJs');
$instance->stop;
$instance->is_clean;
done_testing;
