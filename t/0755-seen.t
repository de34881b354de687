# SPDX-License-Identifier: MIT
# What was seen on nights beside the real recorder, and what is right: music of
# another DJ, sets that lose a part, links to what is gone.
#
# The recorder's objects come by events of a simulated night (Setlink::Told).
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use POSIX qw(floor);
use Setlink::Instance;
use Setlink::Night qw(new_dj new_set start_set end_set get_set new_recording
    link_target must);
use Setlink::Recordings qw(recording_prefix rfc3339 uuid_of);
use Setlink::Shape qw(is_status is_problem);
use Setlink::Told qw(metadata_of chunk_of file_of tell seconds_of_raw);
use Test::More;

my $BASE = '/api/session-recorder';
my $DAY  = 24 * 3600;

my $i = Setlink::Instance->start(clock => 1,
    settings => { SESSION_RECORDER_SYNC_INTERVAL => $DAY });

# Each case has an evening of its own, all of them in the past.
my $evening = floor(time / $DAY - 20) * $DAY;

# Hours, minutes and seconds of that evening.
sub at {
    my ($text) = @_;
    my ($hours, $minutes, $seconds) = split /:/, $text;
    return $evening + 3600 * $hours + 60 * $minutes + ($seconds // 0);
}

sub a_set {
    my ($from, $to, %members) = @_;
    return new_set($i, at($from), at($to), %members);
}

# A recording that was closed: metadata, data.raw of its length, all files.
sub closed_recording {
    my ($from, $to, %members) = @_;
    my $recording = new_recording(start => at($from), end => at($to),
        %members);
    my $end = at($to);
    return ($recording,
        file_of($end, $recording, 'raw', 192_000 * ($end - at($from))),
        metadata_of($end + 0.01, $recording),
        map { file_of($end + 2, $recording, $_) }
            qw(ogg flac waveform overview));
}

# "STATUS DETAIL" of a set.
sub status_of {
    my ($id) = @_;
    my $set = get_set($i, $id);
    return join ' ', $set->{upload_status}, $set->{status_detail} // '-';
}

# Its parts, as "ID FROM+LENGTH" with "*" at the primary one, to the second.
sub parts_of {
    my ($id) = @_;
    return join ', ', map {
        sprintf '%s %.0f+%.0f%s', substr($_->{id}, -4), $_->{offset_seconds},
            $_->{duration_seconds}, $_->{is_primary} ? '*' : ''
    } @{ get_set($i, $id)->{recordings} };
}

sub name_of { return substr $_[0]{id}, -4 }

sub download {
    my ($id, $rest) = @_;
    return $i->request('GET', "$BASE/download/$id/" . ($rest // 'ogg'));
}

# --- 1. The recorder's server is started again in mid-recording.

# The objects of one that begins at 3:40, by stages.
sub restarted {
    my ($recording, $wall_clock) = @_;
    my $start = at('3:40');
    my $again = at('3:51');
    my @open = map { metadata_of($_, $recording) } $start + 0.03, $again;
    my $close = sub {
        my ($time, $began, $chunks, $padded) = @_;
        my $length = seconds_of_raw($chunks, $padded);
        return (
            file_of($time, $recording, 'raw', 192_000 * $length),
            metadata_of($time + 0.01, $recording, end =>
                ($wall_clock ? $began : $start) + int $length),
        );
    };
    my $files = sub {
        my ($time) = @_;
        return map { file_of($time + 2, $recording, $_) }
            qw(ogg flac waveform overview);
    };
    my ($first, $later) = (at('3:50:40'), at('4:03'));
    return {
        open   => [$open[0], map { chunk_of($start + 28 * ($_ + 1),
            $recording, $_) } 0 .. 20],
        first  => [$close->($first, $start, 21), $files->($first)],
        again  => [$open[1]],
        going  => [map { chunk_of($again + 28 * ($_ + 1), $recording, $_) }
            0 .. 24],
        closed => [chunk_of($later, $recording, 25),
            $close->($later + 0.2, $again, 26, 1)],
        files  => [$files->($later)],
    };
}

sub test_restart {
    my ($wall_clock, $unseen) = @_;
    $evening += $DAY;
    my $recording = new_recording(start => at('3:40'));
    my $stage = restarted($recording, $wall_clock);
    tell($i, at('3:50'), @{ $stage->{open} });
    my $one = a_set('3:41', '3:49');
    is(status_of($one), 'processing recording', 'a set on a recording');
    tell($i, at('3:50:45'), @{ $stage->{first} });
    is(status_of($one), 'uploaded -', 'that is closed by a restart');
    my $name = name_of($recording);
    is(parts_of($one), "$name 60+480*", 'has its music');

    tell($i, at('3:51:01'), @{ $stage->{again} }) if !$unseen;
    is(status_of($one), 'uploaded reopened', 'it is told when it goes on')
        if !$unseen;
    is_status(download($one), 200, 'what is there may be had');
    tell($i, at('4:02:10'), @{ $stage->{going} });
    my $two = a_set('3:52', '4:02');
    if (!$unseen) {
        is(status_of($two), 'processing reopened',
            'the next set is in no file yet');
        is_problem(download($two), 404, qr/not there yet.* goes on/,
            'nor can it be had');
        is(status_of($one), 'uploaded reopened', 'the first one still is');
    }
    tell($i, at('4:03:01'), @{ $stage->{closed} });
    is(status_of($one), 'failed audio_lost', 'the first is lost')
        if !$unseen;
    is(status_of($two), 'processing waiting_for_file', 'the second waits')
        if !$unseen;
    is_problem(download($_), 404, qr/./, 'none can be had') for $one, $two;
    tell($i, at('4:03:10'), @{ $stage->{files} });
    return ($one, $two, $recording);
}

for my $wall_clock (0, 1) {
    my $end = $wall_clock ? 'of the last close' : 'as long after the start';
    subtest "a restart, end_time $end" => sub {
        my ($one, $two, $recording) = test_restart($wall_clock);
        is(status_of($two), 'uploaded -', 'then the second has its file');
        is(parts_of($two), name_of($recording) . ' 60+600*', 'and its music');
        is_status(download($two), 200, 'it can be had');
        is(status_of($one), 'failed audio_lost', 'the first is lost');
        like(get_set($i, $one)->{status_message}, qr/replaced/,
            'which is told');
        is_problem(download($one), 404, qr/is lost.* started again/,
            'also to who wants it');
        is(get_set($i, $one)->{download_link}, undef, 'it has no link');
        my $cue = $i->request('GET',
            "$BASE/cue/$recording->{recorder}/$recording->{id}")->{content};
        is(scalar(() = $cue =~ /TRACK/g), 1, 'the sheet has one track');
        my $late = a_set('3:41', '3:48', room => 'x');
        is(status_of($late), 'failed audio_lost',
            'a set that is entered late is told the same');
        $i->request('DELETE', "$BASE/link/$_") for $late, $one;
        is_status($i->request('POST', link_target($one, $recording)), 200,
            'a person may link the two');
        is(status_of($one), 'failed audio_lost', 'and is told, too');
    };
}

# The OGG of the first part is rendered when the recording goes on already.
subtest 'a restart before the files are there' => sub {
    $evening += $DAY;
    my $recording = new_recording(start => at('3:40'));
    my $stage = restarted($recording, 0);
    my ($raw, $closed, @files) = @{ $stage->{first} };
    tell($i, at('3:50:45'), @{ $stage->{open} }, $raw, $closed);
    tell($i, at('3:52'), (map { { %$_, at => at('3:51:20') } } @files),
        @{ $stage->{again} });
    tell($i, at('4:02:10'), @{ $stage->{going} });
    my ($one, $two) = map { a_set(@$_) } ['3:41', '3:49'], ['3:52', '4:02'];
    is(status_of($one), 'uploaded reopened', 'the first has its file');
    is(status_of($two), 'processing reopened', 'the second has not');
    my $cue = "$BASE/cue/$recording->{recorder}/$recording->{id}";
    is(scalar(() = $i->request('GET', $cue)->{content} =~ /TRACK/g), 1,
        'nor a place in the sheet of the first part');
    tell($i, at('4:03:01'), @{ $stage->{closed} });
    is(status_of($two), 'processing waiting_for_file',
        'the file of the first part is not its own');
    is_problem(download($two), 404, qr/have this file yet/, 'nor can it be had');
    tell($i, at('4:03:10'), @{ $stage->{files} });
    is(status_of($two), 'uploaded -', 'then it is there');
    is(parts_of($two), name_of($recording) . ' 60+600*', 'at its place');
    is(status_of($one), 'failed audio_lost', 'and the first is lost');
};

subtest 'a restart that nobody saw' => sub {
    my ($one, $two) = test_restart(0, 1);
    is(status_of($_), 'processing not_found',
        'nobody knows what the file holds') for $one, $two;
    ($one, $two) = test_restart(1, 1);
    is(status_of($two), 'uploaded -', 'unless its end tells');
    like(parts_of($two), qr/ 60\+600\*\z/, 'where it is');
    is(status_of($one), 'failed audio_lost', 'and that the first is lost');
};

subtest 'deleted while it was recorded' => sub {
    $evening += $DAY;
    my $recording = new_recording(start => at('1:00'));
    tell($i, at('1:04'), metadata_of(at('1:00'), $recording),
        map { chunk_of(at('1:00') + 28 * ($_ + 1), $recording, $_) } 0 .. 6);
    # Of the deletion there is no event; chunks are counted on.
    $i->remove(recording_prefix($recording) . '/metadata.json');
    tell($i, at('1:05'),
        (map { chunk_of(at('1:00') + 28 * ($_ + 1), $recording, $_) } 7, 8),
        file_of(at('1:04:30'), $recording, 'raw', 2 * 5_376_000),
        map { file_of(at('1:04:32'), $recording, $_) } qw(ogg flac));
    my @sets = map { a_set(@$_) } ['1:00', '1:03'], ['1:03:30', '1:04:12'];
    is(status_of($sets[0]), 'failed audio_lost', 'what was before is lost');
    is(status_of($sets[1]), 'uploaded -', 'what came after is there');
    is(parts_of($sets[1]), name_of($recording) . ' 14+42*', 'at its place');
};

# --- 2 and 7. A cut within the tolerance.

subtest 'a cut' => sub {
    $evening += $DAY;
    my ($one, @one) = closed_recording('1:54', '2:03');
    my ($two, @two) = closed_recording('2:03', '2:12',
        recorder => $one->{recorder});
    tell($i, at('2:02'), metadata_of(at('1:54'), { %$one, end => undef }),
        map { chunk_of(at('1:54') + 28 * ($_ + 1), $one, $_) } 0 .. 16);
    my $set = a_set('2:00', '2:01');
    is(parts_of($set), name_of($one) . ' 360+60*', 'before the cut');
    tell($i, at('2:13'), @one, @two);
    must($i, 'PUT', "/api/sessions/$set", { ended_at => rfc3339(at('2:12')) });
    is(parts_of($set), join(', ', name_of($one) . ' 360+180',
        name_of($two) . ' 0+540*'), 'after it the set has both');
    is(status_of($set), 'uploaded -', 'all of it');
    my $answer = download($set)->{json};
    like($answer->{url}, qr/\Q$two->{id}\E/, 'the primary part is had');
    is_deeply([map { [@{$_}{qw(part offset_seconds duration_seconds)},
        $_->{url} =~ m{/sessions/([^/]+)/}] } @{ $answer->{parts} }],
        [[1, 360, 180, $one->{id}], [2, 0, 540, $two->{id}]],
        'and all parts are told');
    like(download($set, "ogg?part=$_->[0]")->{json}{url}, qr/\Q$_->[1]\E/,
        "part $_->[0] can be asked for") for [1, $one->{id}], [2, $two->{id}];
    is_problem(download($set, 'ogg?part=3'), 404, qr/no part 3, but 2/,
        'one that there is not');
    is_problem(download($set, "ogg?part=$_"), 400, qr/\Apart:/,
        "part=$_ is refused") for qw(0 -1 x 1.5 1&part=2), '';
    like(download($set, 'ogg?part=1&redirect=true')->{headers}{location},
        qr/#t=360\.000,540\.000\z/, 'a player begins where the set does');
    for my $recording ($one, $two) {
        like($i->request('GET', "$BASE/cue/$recording->{recorder}"
            . "/$recording->{id}")->{content}, qr/TRACK 01/, 'the sheets');
    }
};

subtest 'a cut, live' => sub {
    $evening += $DAY;
    my $one = new_recording(start => at('1:00'));
    my $two = new_recording(recorder => $one->{recorder},
        start => at('1:01:46'));
    tell($i, at('1:01'), metadata_of(at('1:00'), $one),
        chunk_of(at('1:00:28'), $one, 0), chunk_of(at('1:00:56'), $one, 1));
    my $set = start_set($i);
    is(get_set($i, $set)->{recordings}[0]{id}, $one->{id}, 'a set begins');
    tell($i, at('1:01:47'), metadata_of(at('1:01:46'), $two),
        file_of(at('1:01:46'), $one, 'raw', 192_000 * 106),
        metadata_of(at('1:01:46.1'), { %$one, end => at('1:01:46') }));
    $i->clock_set(at('1:01:58'));
    end_set($i, $set);
    tell($i, at('1:03'), file_of(at('1:01:49'), $one, 'ogg'));
    $i->command('relink', '--since', rfc3339(at('1:00')));
    is(parts_of($set), name_of($one) . ' 60+46*',
        'what is lost afterwards does not take it');
    is(status_of($set), 'uploaded short', 'a part is missing');
};

# --- 3. Nothing in common.

subtest 'no overlap' => sub {
    $evening += $DAY;
    my ($check, @check) = closed_recording('5:00', '5:01:30');
    my ($later, @later) = closed_recording('8:02', '8:30');
    tell($i, at('9:00'), @check, @later);
    my ($right, $set, $short) = (a_set('8:05', '8:25'),
        a_set('5:04', '5:34'), a_set('8:00', '8:01'));
    is(status_of($right), 'uploaded -', 'a clock that is seen to be right');
    is(status_of($_), 'processing not_found', 'a set without a recording')
        for $set, $short;
    my $answer = must($i, 'POST', "$BASE/auto-link/$set");
    ok(!$answer->{success}, 'none is found on request');
    like($answer->{message}, qr/ends 2:30 before the set's start/,
        'the nearest is named, and by how much it missed');
    is_deeply($answer->{nearest}, { recorder_id => $check->{recorder},
        recorder_session_id => $check->{id}, missed_by_seconds => 150 },
        'in members, too');
};

# --- 4. Two rooms, two recorders, nothing tied.

subtest 'two rooms' => sub {
    $evening += $DAY;
    my @recordings = map { new_recording(start => at('2:00') + 0.006 * $_) }
        0, 1;
    tell($i, at('2:00:31'), map { (metadata_of(at('2:00:01'), $_),
        chunk_of(at('2:00:30'), $_, 0)) } @recordings);
    my @sets;
    for my $room ('Attic', 'Base') {
        $i->clock_move(0.5);
        my $answer = must($i, 'POST', '/api/sessions/start',
            { dj_id => new_dj($i), room => $room });
        push @sets, $answer->{id};
        is(ref $answer->{warnings}, $room eq 'Base' ? 'ARRAY' : '',
            "the start in $room");
        like($answer->{warnings}[0], qr/tied to no room.*recorders/,
            'says how to tie them') if $room eq 'Base';
    }
    my @linked = map { get_set($i, $_)->{recordings}[0]{id} } @sets;
    is_deeply([sort @linked], [sort map { $_->{id} } @recordings],
        'each room has a recorder');
    like($i->log('worker'), qr/event=recorder_guessed session=\Q$sets[1]\E/,
        'the log says that it was guessed');
    my ($other) = grep { $_->{id} ne $linked[0] } @recordings;
    is_status($i->request('POST', link_target($sets[0], $other)
        . '?force=true'), 200, 'a person links one of them');
    must($i, 'POST', "$BASE/auto-link/$sets[1]");
    is(get_set($i, $sets[1])->{recordings}[0]{id}, $linked[0],
        'the other one follows');
    $i->request('DELETE', "$BASE/link/$_") for @sets;
    must($i, 'PUT', "$BASE/recorders/$other->{recorder}", { room => 'Base' });
    my $tied = must($i, 'POST', "$BASE/auto-link/$sets[0]");
    is($tied->{recorder_session_id}, $linked[0], 'a tie does the same');
    is($tied->{warnings}, undef, 'nothing is guessed then');
    end_set($i, $_) for @sets;
};

# --- 6. What is gone is given up.

subtest 'deleted' => sub {
    $evening += $DAY;
    my ($best, @best) = closed_recording('1:00', '2:00');
    tell($i, at('3:00'), @best);
    my $set = a_set('1:00', '2:00');
    is(status_of($set), 'uploaded -', 'a set with its recording');
    $i->query("UPDATE recordings SET gone_at = UTC_TIMESTAMP(6) WHERE id = 0x"
        . ($best->{id} =~ tr/-//dr));
    is(status_of($set), 'failed deleted', 'that is deleted');
    my ($next, @next) = closed_recording('1:10', '2:00');
    tell($i, at('3:00:01'), @next);
    is(status_of($set), 'uploaded short', 'another one takes its place');
    is(parts_of($set), name_of($next) . ' 0+3000*', 'with what it has');
};

# --- 8. Links by hand.

sub by_hand {
    my ($set, $recording, $query) = @_;
    return $i->request('POST', link_target($set, $recording) . ($query // ''));
}

subtest 'by hand' => sub {
    $evening += $DAY;
    my ($right, @right) = closed_recording('1:00', '2:00');
    my ($second, @second) = closed_recording('2:00', '3:00',
        recorder => $right->{recorder});
    tell($i, at('4:00'), @right, @second);
    my $set = a_set('1:30', '2:30', room => 'Cellar');
    my $before = parts_of($set);
    my $far = new_recording(start => $evening - 8.5 * $DAY,
        end => $evening - 8.25 * $DAY);
    tell($i, at('4:00:01'), metadata_of(at('4:00'), $far),
        file_of(at('4:00'), $far, 'ogg'));
    my $answer = by_hand($set, $far, '?dry_run=true')->{json};
    like($answer->{warnings}[0], qr/no overlap: .* ends before .* 8 days/,
        'eight days apart: that is told');
    is(parts_of($set), $before, 'before it is done');
    must($i, 'PUT', "$BASE/recorders/$far->{recorder}", { room => 'Roof' });
    $answer = by_hand($set, $far)->{json};
    is(scalar @{ $answer->{warnings} }, 2, 'and when it is');
    like($answer->{warnings}[1], qr/other room: .*Roof/, 'with the room');
    is(parts_of($set), name_of($far) . ' 0+3600*', 'it is done');
    is(status_of($set), 'uploaded -', 'a person is believed');

    is_deeply(by_hand($set, $right)->{json}{warnings}, [], 'nothing is odd');
    is(parts_of($set), name_of($right) . ' 1800+1800*', 'one part');
    is_problem(by_hand($set, $second, '?part=3'), 400, qr/\Apart: .* 1 to 2/,
        'a third part is none');
    is_problem(by_hand($set, $right, '?part=2'), 409, qr/part 1 .* already/,
        'nor the same one twice');
    $answer = by_hand($set, $second, '?part=2')->{json};
    is_deeply([map { [@{$_}{qw(part is_primary)}] } @{ $answer->{parts} }],
        [[1, JSON::PP::true()], [2, JSON::PP::false()]], 'a second part');
    is(parts_of($set), join(', ', name_of($right) . ' 1800+1800*',
        name_of($second) . ' 0+1800'), 'both are there');
    by_hand($set, $right, '?part=1&offset_seconds=1790.5');
    is(get_set($i, $set)->{recordings}[0]{offset_seconds}, 1790.5,
        'a person may say where it begins');
    must($i, 'PUT', "/api/sessions/$set",
        { started_at => rfc3339(at('1:31')) });
    is(get_set($i, $set)->{recordings}[0]{offset_seconds}, 1790.5,
        'and that stays');
    like(by_hand($set, $right, '?offset_seconds=7200&dry_run=true')
        ->{json}{warnings}[0], qr/behind the end/, 'an offset of two hours');
    is_problem(by_hand($set, $right, "?$_->[0]"), 400, qr/\A\Q$_->[1]\E:/,
        "$_->[0] is refused") for ['offset_seconds=-1', 'offset_seconds'],
        ['offset_seconds=x', 'offset_seconds'], ['part=0', 'part'],
        ['dry_run=yes', 'dry_run'];
    my $other = a_set('1:30', '2:30', room => 'Cellar');
    $answer = by_hand($other, $right, '?force=true&dry_run=true')->{json};
    like($answer->{warnings}[0], qr/held by session \Q$set\E/,
        'what another set would lose is told');
    is_problem(by_hand($other, $right), 409, qr/\Q$set\E/, 'or refused');
    isnt(parts_of($set), '', 'it has it still');
};

$i->stop;
$i->is_clean;
done_testing();
