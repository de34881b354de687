# SPDX-License-Identifier: MIT
# HTTP tests of what ties a session to its recording.
package Setlink::HttpSuite::Links;

use strict;
use warnings;

use JSON::PP ();
use Setlink::Night qw(new_set start_set end_set get_set new_recording
    link_target);
use Setlink::Recordings qw(recording_objects recording_prefix rfc3339
    uuid_of);
use Setlink::Shape qw(is_shape is_status is_problem);
use Test::More;

my $BASE = '/api/session-recorder';
my $HOUR = 3600;
my $DAY  = 24 * $HOUR;

# Each group of tests has an evening of its own, far from the others.
my $evening = int(time) - 30 * $DAY;
sub next_evening { return $evening -= 9 * $DAY }

# Sets of the last days are looked at again when the index changes.
sub recent_evening { return int(time) - $_[0] * $DAY }

sub auto_link {
    my ($i, $id, $query) = @_;
    return $i->request('POST', "$BASE/auto-link/$id" . ($query // ''));
}

# The recordings of a set, as the database has them.
sub linked_ids {
    my ($i, $id) = @_;
    return join ' ', map { $_->[0] } $i->query('SELECT HEX(recording_id) FROM'
        . " session_recordings WHERE session_id = UNHEX('"
        . ($id =~ tr/-//dr) . "') ORDER BY part");
}

sub hex_of { return join ' ', map { uc($_->{id}) =~ tr/-//dr } @_ }

sub is_linked_to {
    my ($i, $id, $name, @recordings) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is(linked_ids($i, $id), hex_of(@recordings), $name);
}

sub test_by_start {
    my ($i) = @_;
    my $begin = next_evening();
    my $near = new_recording(start => $begin + 60, end => $begin + $HOUR);
    my $far = new_recording(start => $begin - 200, end => $begin + $HOUR - 60);
    $i->record($near, $far);
    my $id = new_set($i, $begin, $begin + $HOUR);
    is_linked_to($i, $id, 'of two that hold as much, a session gets the one'
        . ' that begins nearest to its start', $near);
    my $answer = auto_link($i, uc $id);
    is_status($answer, 200, 'it can be asked for again');
    is_shape($answer->{json}, {
        success             => 'bool',
        message             => 'string',
        recorder_id         => 'uuid',
        recorder_session_id => 'uuid',
        matched_by          => 'string',
        offset_seconds      => 'number',
    }, 'the answer tells what was linked, and how');
    ok($answer->{json}{success}, 'it is a success');
    is($answer->{json}{recorder_session_id}, $near->{id}, 'with the same one');
    is($answer->{json}{matched_by}, 'start', 'matched by its start');
    is_deeply([$i->query('SELECT recorder_session_id, recorder_id,'
        . " recorder_ogg_url FROM sessions WHERE id = UNHEX('"
        . ($id =~ tr/-//dr) . "')")],
        [[$near->{id}, $near->{recorder}, $i->env('MINIO_URL') . '/'
            . $i->bucket . '/' . recording_prefix($near) . '/data.ogg']],
        'the documented columns are filled');
    return;
}

sub test_across {
    my ($i) = @_;
    my $begin = next_evening();
    my $long = new_recording(start => $begin, end => $begin + 3 * $HOUR);
    $i->record($long);
    my ($first, $second) = map {
        new_set($i, $begin + $_ * $HOUR, $begin + ($_ + 1) * $HOUR) } 0, 1;
    is_linked_to($i, $_, 'a recording belongs to each session it runs through',
        $long) for $first, $second;
    my $answer = auto_link($i, $second)->{json};
    is($answer->{matched_by}, 'across', 'the second is matched across');
    is($answer->{offset_seconds}, $HOUR, 'with its own offset');
    return;
}

sub test_parts {
    my ($i) = @_;
    my $begin = next_evening();
    my $one = new_recording(start => $begin, end => $begin + 1000);
    my $two = new_recording(recorder => $one->{recorder},
        start => $begin + 1100, end => $begin + $HOUR);
    $i->record($one, $two);
    my $id = new_set($i, $begin, $begin + $HOUR);
    is_linked_to($i, $id, 'a session may have two parts', $one, $two);
    is(scalar @{ auto_link($i, $id)->{json}{parts} }, 2, 'and says so');
    return;
}

sub test_tolerance {
    my ($i) = @_;
    my $begin = next_evening();
    my $early = new_recording(start => $begin - 500, end => $begin - 20);
    $i->record($early);
    my $id = new_set($i, $begin, $begin + $HOUR);
    for my $query ('', '?tolerance_minutes=5', '?tolerance_minutes=0') {
        my $none = auto_link($i, $id, $query);
        is_status($none, 200, "no match$query");
        is_shape($none->{json}, { success => 'bool', message => 'string' },
            'has the documented members');
        ok(!$none->{json}{success}, 'is no success');
    }
    is_linked_to($i, $id, 'nothing was linked');
    my $found = auto_link($i, $id, '?tolerance_minutes=9');
    ok($found->{json}{success}, 'a wider tolerance finds it');
    is_linked_to($i, $id, 'it is linked', $early);
    for my $value ('-1', '1441', '5.0', '1e1', 'x', '', '5&tolerance_minutes=5',
        '99999999999999999999') {
        is_problem(auto_link($i, $id, "?tolerance_minutes=$value"), 400,
            qr/\Atolerance_minutes:/, "the tolerance '$value' is refused");
    }
    return;
}

# What was asked for with a tolerance is not undone with a smaller one.
sub test_kept_tolerance {
    my ($i) = @_;
    my $begin = recent_evening(3);
    my $early = new_recording(start => $begin - 4600, end => $begin - 500);
    $i->record($early);
    my $id = new_set($i, $begin, $begin + $HOUR);
    is_linked_to($i, $id, 'what ends before a session is not its own');
    auto_link($i, $id, '?tolerance_minutes=20');
    is_linked_to($i, $id, 'unless a clock may be wrong', $early);
    is(auto_link($i, $id, '?tolerance_minutes=20')->{json}{matched_by}, 'near',
        'as is told');
    $i->record(new_recording(start => $begin - 20 * $HOUR,
        end => $begin - 19 * $HOUR));
    is_linked_to($i, $id, 'and that stays when the index changes', $early);
    return;
}

sub test_taken {
    my ($i) = @_;
    my $begin = next_evening();
    my $only = new_recording(start => $begin, end => $begin + $HOUR);
    $i->record($only);
    my ($holder, $other) = map { new_set($i, $begin, $begin + $HOUR) } 1, 2;
    is_linked_to($i, $other, 'a second session at the same time gets nothing');
    my $answer = auto_link($i, $other);
    is_status($answer, 200, 'asking for it is no error');
    ok(!$answer->{json}{success}, 'but no success');
    like($answer->{json}{message}, qr/\Q$holder\E/, 'it says who holds it');
    my $target = link_target($other, $only);
    is_problem($i->request('POST', $target), 409, qr/\Q$holder\E/,
        'nor can it be linked by hand');
    is_problem($i->request('POST', "$target?force=false"), 409, qr/force=true/,
        'without force');
    is_linked_to($i, $holder, 'the holder keeps it', $only);
    my $forced = $i->request('POST', "$target?force=true");
    is_status($forced, 200, 'with force it can');
    is_linked_to($i, $other, 'it is linked', $only);
    is_linked_to($i, $holder, 'the holder has lost it');
    is_problem($i->request('POST', "$target?force=$_"), 400, qr/\Aforce:/,
        "force=$_ is refused") for 'yes', '1', '', 'true&force=true';
    my @rooms = map { new_set($i, $begin, $begin + $HOUR, room => $_) }
        qw(A B);
    is_status($i->request('POST', link_target($other, $only) . '?force=true'),
        200, 'a session without a room');
    is_problem($i->request('POST', link_target($rooms[0], $only)), 409,
        qr/\Q$other\E/, 'may be in any of them');
    is_status($i->request('DELETE', "$BASE/link/$other"), 204, 'without it');
    is_status($i->request('POST', link_target($_, $only)), 200,
        'two rooms may share a recording') for @rooms;
    return;
}

# What else the holder has stays with it.
sub test_forced_part {
    my ($i) = @_;
    my $begin = next_evening();
    my $one = new_recording(start => $begin, end => $begin + 1000);
    my $two = new_recording(recorder => $one->{recorder},
        start => $begin + 1100, end => $begin + $HOUR);
    $i->record($one, $two);
    my ($holder, $other) = map { new_set($i, $begin, $begin + $HOUR) } 1, 2;
    is_linked_to($i, $holder, 'a session with two parts', $one, $two);
    is_status($i->request('POST', link_target($other, $one) . '?force=true'),
        200, 'loses one of them');
    is_linked_to($i, $holder, 'and keeps the other', $two);
    my ($row) = $i->query('SELECT recorder_session_id FROM sessions'
        . " WHERE id = UNHEX('" . ($holder =~ tr/-//dr) . "')");
    is($row->[0], $two->{id}, 'the documented columns follow');
    return;
}

sub test_by_hand {
    my ($i) = @_;
    my $begin = next_evening();
    my $right = new_recording(start => $begin, end => $begin + $HOUR);
    my $wrong = new_recording(start => $begin - 5 * $HOUR,
        end => $begin - 4 * $HOUR);
    $i->record($right, $wrong);
    my $id = new_set($i, $begin, $begin + $HOUR);
    my $link = $i->request('POST', uc(link_target($id, $wrong))
        =~ s/\A\U$BASE\/link\E/$BASE\/link/r);
    is_status($link, 200, 'a session is linked by hand, ids in upper case');
    is($link->{json}{success}, JSON::PP::true(), 'the answer says so');
    is_linked_to($i, $id, 'to what was asked for', $wrong);
    my $answer = auto_link($i, $id);
    ok(!$answer->{json}{success}, 'auto-link does not replace that');
    like($answer->{json}{message}, qr/by hand/, 'and says why');
    $i->request('PUT', "/api/sessions/$id", { room => 'x' });
    is_linked_to($i, $id, 'nor does a change', $wrong);
    my $unlink = $i->request('DELETE', "$BASE/link/" . uc $id);
    is_status($unlink, 204, 'it is unlinked');
    is($unlink->{content}, '', 'without a body');
    $i->request('PUT', "/api/sessions/$id", { room => 'y' });
    $i->sync;
    is_linked_to($i, $id, 'and left alone');
    ok(auto_link($i, $id)->{json}{success}, 'until auto-link is asked for');
    is_linked_to($i, $id, 'then it is linked', $right);
    return;
}

sub test_unlinked_end {
    my ($i) = @_;
    my $open = new_recording(start => time - 60, chunks => 2);
    $i->record($open);
    my $id = start_set($i);
    is_linked_to($i, $id, 'a session that starts finds its recording', $open);
    is(get_set($i, $id)->{upload_status}, 'recording', 'it is being recorded');
    is($i->request('DELETE', "$BASE/link/$id")->{status}, 204, 'unlinked');
    end_set($i, $id);
    is_linked_to($i, $id, 'its end does not link it again');
    is_status($i->request('POST', link_target($id, $open)), 200,
        'but a person can');
    is_linked_to($i, $id, 'then it is linked', $open);
    $i->remove(recording_prefix($open) . '/metadata.json',
        map { sprintf '%s/chunks/%016d', recording_prefix($open), $_ } 0, 1);
    return;
}

sub test_better_match {
    my ($i) = @_;
    my $begin = recent_evening(5);
    my $good = new_recording(start => $begin - 200, end => $begin + $HOUR);
    my $better = new_recording(start => $begin - 1, end => $begin + $HOUR);
    $i->record($good);
    my $id = new_set($i, $begin, $begin + $HOUR);
    is_linked_to($i, $id, 'an automatic link', $good);
    $i->record($better);
    ok(auto_link($i, $id)->{json}{success}, 'is looked at again');
    is_linked_to($i, $id, 'and replaced by a better one', $better);
    my $more = new_recording(recorder => $better->{recorder},
        start => $begin + 1800, end => $begin + $HOUR);
    $i->record($more);
    is_linked_to($i, $id, 'a further part is added when the index has it',
        $better, $more);
    return;
}

sub test_changed_set {
    my ($i) = @_;
    my $begin = next_evening();
    my @both = map { new_recording(start => $begin + $_ * 12 * $HOUR,
        end => $begin + ($_ * 12 + 1) * $HOUR) } 0, 1;
    $i->record(@both);
    my $id = new_set($i, $begin, $begin + $HOUR);
    is_linked_to($i, $id, 'a session with its recording', $both[0]);
    is_status($i->request('PUT', "/api/sessions/$id", {
        started_at => rfc3339($begin + 12 * $HOUR),
        ended_at   => rfc3339($begin + 13 * $HOUR),
    }), 200, 'is moved');
    is_linked_to($i, $id, 'and matched anew', $both[1]);
    is_status($i->request('PUT', "/api/sessions/$id", {
        started_at => rfc3339($begin + 24 * $HOUR),
        ended_at   => rfc3339($begin + 25 * $HOUR),
    }), 200, 'moved to where nothing was recorded');
    is_linked_to($i, $id, 'it has no recording');
    is_status($i->request('POST', link_target($id, $both[1])), 200,
        'linked by hand');
    is_status($i->request('PUT', "/api/sessions/$id", {
        started_at => rfc3339($begin + 12 * $HOUR + 90),
        ended_at   => rfc3339($begin + 13 * $HOUR),
    }), 200, 'and moved');
    is_linked_to($i, $id, 'it keeps the recording', $both[1]);
    my ($row) = $i->query('SELECT offset_us FROM session_recordings'
        . " WHERE session_id = UNHEX('" . ($id =~ tr/-//dr) . "')");
    is($row->[0], 90_000_000, 'and begins elsewhere in it');
    is_status($i->request('DELETE', "$BASE/link/$id"), 204, 'unlinked');
    is(get_set($i, $id)->{recording_urls}{ogg_url}, undef, 'and no address');
    return;
}

# What has nothing to do with time is no reason to look again.
sub test_changed_type {
    my ($i) = @_;
    my $begin = next_evening();
    my $recording = new_recording(start => $begin, end => $begin + $HOUR);
    my %objects = recording_objects($recording);
    $i->record($recording);
    my $id = new_set($i, $begin, $begin + $HOUR);
    $i->remove(keys %objects);
    $i->sync;
    is_status($i->request('PUT', "/api/sessions/$id",
        { session_type => 'special' }), 200, 'a session of another type');
    is_linked_to($i, $id, 'keeps a recording that is gone', $recording);
    return;
}

# The index may learn late that a session had a recording of its own.
sub test_late_start {
    my ($i) = @_;
    my $begin = recent_evening(2);
    my $before = new_recording(start => $begin - $HOUR, end => $begin + 900);
    my $own = new_recording(start => $begin + 10, end => $begin + 1800);
    my $more = new_recording(recorder => $own->{recorder},
        start => $begin + 2000, end => $begin + $HOUR);
    $i->record($before);
    my $id = new_set($i, $begin, $begin + $HOUR);
    is_linked_to($i, $id, 'what runs across its start', $before);
    $i->record($own);
    is_linked_to($i, $id, 'gives way to its own recording', $own);
    $i->record($more);
    is_linked_to($i, $id, 'a second part comes after it', $own, $more);
    return;
}

# Clocks differ, so sets may overlap by as much as the tolerance.
sub test_small_overlap {
    my ($i) = @_;
    my $begin = next_evening();
    my $long = new_recording(start => $begin, end => $begin + 3 * $HOUR);
    $i->record($long);
    my ($first, $near, $far) = map { new_set($i, $begin + $_,
            $begin + $_ + $HOUR) } 0, $HOUR - 290, $HOUR - 310;
    is_status($i->request('DELETE', "$BASE/link/$_"), 204, 'not linked')
        for $first, $near, $far;
    is_status($i->request('POST', link_target($first, $long)), 200,
        'the first');
    is_status($i->request('POST', link_target($near, $long)), 200,
        'one that overlaps by less than five minutes');
    is_problem($i->request('POST', link_target($far, $long)), 409,
        qr/overlaps/, 'but not one that overlaps by more');
    return;
}

sub test_late_recording {
    my ($i) = @_;
    my $begin = int(time) - $DAY;
    my $id = new_set($i, $begin, $begin + $HOUR);
    my $old = new_set($i, $begin - 8 * $DAY, $begin - 7 * $DAY - $HOUR);
    is(get_set($i, $id)->{upload_status}, 'processing', 'a set that waits');
    is(get_set($i, $old)->{upload_status}, 'failed',
        'one that has waited long');
    my $late = new_recording(start => $begin, end => $begin + $HOUR,
        files => []);
    $i->record($late);
    is_linked_to($i, $id, 'a recording that comes later is found', $late);
    is(get_set($i, $id)->{upload_status}, 'processing', 'it has no file yet');
    $i->record({ %$late, files => ['ogg'] });
    is(get_set($i, $id)->{upload_status}, 'uploaded', 'then it has one');
    return;
}

sub test_unknown {
    my ($i) = @_;
    my $begin = next_evening();
    my $recording = new_recording(start => $begin, end => $begin + $HOUR);
    $i->record($recording);
    my $id = new_set($i, $begin + 2 * $DAY, $begin + 2 * $DAY + $HOUR);
    my $nobody = uuid_of(5, 5);
    is_problem($i->request('POST', link_target($nobody, $recording)), 404,
        qr/no such session/, 'an unknown session');
    is_problem($i->request('POST', link_target($id, { %$recording, @$_ })), 404,
        qr/no such recording/, "an unknown $_->[0]")
        for [id => $nobody], [recorder => $nobody];
    is_problem(auto_link($i, $nobody), 404, qr/session/,
        'auto-link of nothing');
    is_problem($i->request('DELETE', "$BASE/link/$nobody"), 404, qr/session/,
        'nothing to unlink');
    is_problem($i->request('GET', "$BASE/session/$nobody"), 404, qr/session/,
        'nothing to show');
    is_status($i->request('DELETE', "$BASE/link/$id"), 204,
        'a session without a link may be unlinked');
    return;
}

# The documented curl line has no body and no Content-Length.
sub test_documented_line {
    my ($i) = @_;
    my $id = new_set($i, next_evening(), $evening + $HOUR);
    my $answer = $i->raw(join "\r\n",
        "POST $BASE/auto-link/$id?tolerance_minutes=5 HTTP/1.1",
        'Host: ' . $i->host, 'Connection: close', '', '');
    is_status($answer, 200, 'POST without Content-Length');
    ok(!$answer->{json}{success}, 'is answered');
    return;
}

# What the lists filter by is what all the links before have come to.
sub test_marks {
    my ($i) = @_;
    my ($count) = $i->query('SELECT COUNT(*), SUM(is_linked), SUM(is_linked <>'
        . ' EXISTS (SELECT 1 FROM session_recordings l WHERE l.recorder_id ='
        . ' r.recorder_id AND l.recording_id = r.id)) FROM recordings r');
    my ($all, $linked, $wrong) = @$count;
    ok($linked > 0 && $linked < $all, 'some recordings are linked');
    is($wrong, 0, 'and it is known which');
    return;
}

sub tests {
    my ($i) = @_;
    test_by_start($i);
    test_across($i);
    test_parts($i);
    test_tolerance($i);
    test_kept_tolerance($i);
    test_taken($i);
    test_forced_part($i);
    test_by_hand($i);
    test_unlinked_end($i);
    test_better_match($i);
    test_changed_set($i);
    test_changed_type($i);
    test_late_start($i);
    test_small_overlap($i);
    test_late_recording($i);
    test_marks($i);
    test_unknown($i);
    test_documented_line($i);
    return;
}

1;
