# SPDX-License-Identifier: MIT
# Each command, while its first allocation fails, then its second one... and
# while all fail from there on: it ends with a message, or does what it was to
# do; run once more it does that in any case.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Setlink::Instance;
use Setlink::Scene qw(make_day make_night);
use Setlink::Torture;
use Test::More;

my $torture = Setlink::Torture->start;
my %total;

# What a command leaves in the database, without its times.
my $OUTCOME = <<'END';
SELECT (SELECT GROUP_CONCAT(HEX(id), is_closed, ogg_size, is_linked,
    waveform_etag ORDER BY id) FROM recordings),
  (SELECT GROUP_CONCAT(HEX(session_id), part, HEX(recording_id)
    ORDER BY session_id, part) FROM session_recordings),
  (SELECT GROUP_CONCAT(HEX(id), name) FROM recorders),
  (SELECT COUNT(*) FROM events_pending),
  (SELECT COUNT(*) FROM queue_entries), (SELECT COUNT(*) FROM sessions),
  (SELECT COUNT(*) FROM admin_tokens WHERE name = 'New')
END

sub outcome { return join ' ', map { "@$_" } $torture->query($OUTCOME) }

sub run_case {
    my ($case) = @_;
    my $result = $torture->torture_command($case, \&outcome, more => 29,
        step => $case->{step});
    my $name = "setlink @{ $case->{arguments} }";
    is("@{ $result->{wrong} }", '', $name);
    my $statuses = $result->{answers};
    note(sprintf '%s: %d allocations; %s', $name, $result->{count},
        join ', ', map { "$_: $statuses->{$_}" } sort keys %$statuses);
    $total{$_} += $statuses->{$_} for keys %$statuses;
    $total{count} += $result->{count};
    return;
}

my $scene = make_day($torture);
make_night($torture, $scene);

# Nothing is in the index, and nothing is linked.
$torture->query("DELETE FROM $_")
    for qw(recordings session_recordings recorders events_pending);
$torture->query('UPDATE sessions SET recorder_id = NULL, recorder_ogg_url ='
    . ' NULL, recorder_flac_url = NULL, recorder_waveform_url = NULL,'
    . ' recorder_session_id = NULL');
$torture->remember;
run_case({ arguments => ['sync'] });
run_case({ arguments => ['sync', '--json'], step => 7 });

# There is an index, but the sets are not linked; an event waits.
$torture->must('sync', '--wait', 60);
$torture->query('DELETE FROM session_recordings');
$torture->query('UPDATE recordings SET is_linked = 0');
$torture->query('UPDATE sessions SET recorder_id = NULL, recorder_ogg_url ='
    . ' NULL, recorder_flac_url = NULL, recorder_waveform_url = NULL,'
    . ' recorder_session_id = NULL');
$torture->query('INSERT INTO events_pending (recorder_id, recording_id, look)'
    . ' SELECT recorder_id, id, 1 FROM recordings LIMIT 2');
$torture->remember;
run_case({ arguments => ['relink', '--since', '2020-01-01'] });
run_case({ arguments => ['events', 'drain'], step => 3 });
run_case({ arguments => ['check'], step => 3 });
run_case({ arguments => ['probe'] });
run_case({ arguments => ['probe'], start => 1 })
    if !Setlink::Instance::is_sanitized();
run_case({ arguments => ['events', 'setup', '--webhook', 'none'], step => 3 });
run_case({ arguments => ['tick'] });
run_case({ arguments => ['migrate'] });
run_case({ arguments => ['token', 'create', 'New', '--days', '1'], once => 1 });
run_case({ arguments => ['token', 'list'] });
run_case({ arguments => ['token', 'revoke', 'Torture'], once => 1 });
run_case({ arguments => ['verify-draw', $scene->{draw}] });
run_case({ arguments => ['version'] });
run_case({ arguments => ['help'] });

diag(join ', ', map { "$_: $total{$_}" } sort keys %total);
done_testing;
