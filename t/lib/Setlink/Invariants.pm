# SPDX-License-Identifier: MIT
# What must hold in the tables at any time, whatever was cut off in between.
package Setlink::Invariants;

use strict;
use warnings;

use Exporter 'import';

our @EXPORT_OK = qw(broken_invariants);

# Each finds rows that must not be.
my @NEVER = (
    'one open pool' => 'SELECT COUNT(*) FROM pools WHERE open_mark = 1'
        . ' HAVING COUNT(*) <> 1',
    'the open pool has one prepared draw' =>
        'SELECT HEX(p.id), COUNT(*) FROM pools p'
        . ' JOIN draws d ON d.pool_id = p.id AND d.drawn_at IS NULL'
        . ' WHERE p.open_mark = 1 GROUP BY p.id HAVING COUNT(*) <> 1',
    'draws are numbered without a gap' =>
        'SELECT HEX(pool_id) FROM draws GROUP BY pool_id'
        . ' HAVING MAX(number) - MIN(number) + 1 <> COUNT(*)',
    'a winner was in the draw' => 'SELECT HEX(d.id) FROM draws d'
        . ' LEFT JOIN draw_participants p'
        . ' ON p.draw_id = d.id AND p.dj_id = d.winner_id'
        . ' WHERE d.winner_id IS NOT NULL AND p.dj_id IS NULL',
    'a draw that was not made has no participants' =>
        'SELECT DISTINCT HEX(d.id) FROM draws d'
        . ' JOIN draw_participants p ON p.draw_id = d.id'
        . ' WHERE d.drawn_at IS NULL',
    'a draw leads to one place in the queue' =>
        'SELECT HEX(draw_id), COUNT(*) FROM queue_entries'
        . ' WHERE draw_id IS NOT NULL GROUP BY draw_id HAVING COUNT(*) > 1',
    'the totals count each participant once' =>
        'SELECT HEX(t.dj_id) FROM lottery_totals t'
        . ' WHERE t.draws <> (SELECT COUNT(*) FROM draw_participants p'
        . ' WHERE p.dj_id = t.dj_id)',
    'a set is active until it has ended' => 'SELECT HEX(id) FROM sessions'
        . ' WHERE (active_dj_id IS NULL) <> (ended_at IS NOT NULL)',
    'a set has its DJ' => 'SELECT HEX(s.id) FROM sessions s'
        . ' LEFT JOIN session_djs d'
        . ' ON d.session_id = s.id AND d.dj_id = s.dj_id'
        . ' WHERE d.session_id IS NULL',
    'whose set has ended is not active' =>
        'SELECT HEX(d.session_id) FROM session_djs d'
        . ' JOIN sessions s ON s.id = d.session_id'
        . ' WHERE (d.active_dj_id IS NULL) <> (s.ended_at IS NOT NULL)',
    'a link is in both tables' => 'SELECT HEX(s.id) FROM sessions s'
        . ' LEFT JOIN session_recordings l'
        . ' ON l.session_id = s.id AND l.part = 1'
        . ' WHERE (s.recorder_session_id IS NULL) <> (l.session_id IS NULL)',
    'a recording that is linked says so' =>
        'SELECT HEX(r.id) FROM recordings r'
        . ' WHERE r.is_linked <> EXISTS (SELECT 1 FROM session_recordings l'
        . ' WHERE l.recorder_id = r.recorder_id AND l.recording_id = r.id)',
);

# The names of those that do not hold, each with its first row. `query` runs a
# statement and returns the rows, each an array of texts.
sub broken_invariants {
    my ($query) = @_;
    my @broken;
    for (my $i = 0; $i < @NEVER; $i += 2) {
        my ($row) = $query->($NEVER[$i + 1]);
        push @broken, "not so: $NEVER[$i] (@$row)" if $row;
    }
    return @broken;
}

1;
