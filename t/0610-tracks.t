# SPDX-License-Identifier: MIT
# What is on a recording, and which recordings a set has: timetable, CUE sheet,
# and where players begin.
use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/lib";
use HTTP::Tiny;
use JSON::PP ();
use Setlink::Instance;
use Setlink::Night qw(new_dj new_set start_set get_set new_recording);
use Setlink::Recordings qw(recording_objects rfc3339 uuid_of);
use Setlink::Shape qw(is_shape is_status is_problem);
use Test::More;

binmode $_, ':encoding(UTF-8)' for Test::More->builder->output,
    Test::More->builder->failure_output;

my $BASE = '/api/session-recorder';
my $HOUR = 3600;
my $DAY  = 24 * $HOUR;

my $i = Setlink::Instance->start(workers => 2,
    settings => { SESSION_RECORDER_SYNC_INTERVAL => 3600 });

# Each group of tests has an evening of its own.
my $evening = int(time) - 30 * $DAY;
sub next_evening { return $evening -= 9 * $DAY }

sub recording_of {
    my ($r, $query) = @_;
    return $i->request('GET', "$BASE/recording/$r->{recorder}/$r->{id}"
        . ($query // ''));
}

sub cue_of {
    my ($r, $query) = @_;
    return $i->request('GET', "$BASE/cue/$r->{recorder}/$r->{id}"
        . ($query // ''));
}

sub linked {
    my ($id) = @_;
    return join ' ', map { $_->{id} } @{ get_set($i, $id)->{recordings} };
}

sub test_night {
    my $begin = next_evening();
    my $long = new_recording(start => $begin, end => $begin + 3 * $HOUR);
    $i->record($long);
    is_problem(cue_of($long), 404, qr/no set/, 'a recording without sets');
    is_deeply(recording_of($long)->{json}{sets}, [], 'has none');
    my @times = ([600.5, 3600], [3600, 7200], [7200, 4 * $HOUR]);
    my @names = ("DJ \"Q\"\x{f6}", 'B / b', 'C');
    my @sets = map { new_set($i, $begin + $times[$_][0], $begin + $times[$_][1],
        dj_id => new_dj($i, $names[$_])) } 1, 0, 2;
    @sets[0, 1] = @sets[1, 0];
    my $day = substr rfc3339($begin), 0, 10;
    my @days = map { substr rfc3339($begin + $_->[0]), 0, 10 } @times;
    my $answer = recording_of($long);
    is_status($answer, 200, 'a recording');
    is_shape($answer->{json}, 'recording', 'is as in the list');
    is_shape($_, 'recorded_set', 'a set on it') for @{ $answer->{json}{sets} };
    is_deeply([map { [@{$_}{qw(session_id dj_name part offset_seconds
        duration_seconds)}] } @{ $answer->{json}{sets} }], [
        [$sets[0], $names[0], 1, 600.5, 2999.5],
        [$sets[1], $names[1], 1, 3600, 3600],
        [$sets[2], $names[2], 1, 7200, 3600],
    ], 'in order, the last one to the end of the recording');
    is(recording_of({ %$long, recorder => uc $long->{recorder} },
        '?presigned=true')->{json}{files}{ogg_url} =~ /X-Amz-Signature/, 1,
        'its addresses may be presigned');

    my $cue = cue_of($long);
    is_status($cue, 200, 'a CUE sheet');
    is($cue->{headers}{'content-type'}, 'application/x-cue', 'has its type');
    is($cue->{headers}{'content-disposition'}, "attachment;"
        . " filename=\"DJ _Q__ $days[0].cue\";"
        . " filename*=UTF-8''DJ%20_Q_%C3%B6%20$days[0].cue",
        'and a readable name');
    my $text = $cue->{content};
    utf8::decode($text);
    is($text, join('', map { "$_\r\n" } qq(REM DATE "$days[0]"),
        "REM COMMENT \"recording $long->{id} of recorder $long->{recorder}\"",
        "TITLE \"DJ _Q_\x{f6} $days[0]\"",
        "FILE \"DJ _Q_\x{f6} $days[0].ogg\" WAVE",
        '  TRACK 01 AUDIO', "    TITLE \"DJ 'Q'\x{f6} $days[0]\"",
        "    PERFORMER \"DJ 'Q'\x{f6}\"", '    INDEX 00 00:00:00',
        '    INDEX 01 10:00:37',
        '  TRACK 02 AUDIO', "    TITLE \"B / b $days[1]\"",
        '    PERFORMER "B / b"', '    INDEX 01 60:00:00',
        '  TRACK 03 AUDIO', "    TITLE \"C $days[2]\"",
        '    PERFORMER "C"', '    INDEX 01 120:00:00'),
        'says where the sets begin');
    my $name = HTTP::Tiny->new->get(
        $i->request('GET', "$BASE/download/$sets[0]/flac")->{json}{url})
        ->{headers}{'content-disposition'};
    my ($saved) = cue_of($long, '?format=flac')->{content}
        =~ /^FILE "(.*)" WAVE\r$/m;
    $saved =~ s/([^\w.-])/sprintf '%%%02X', ord $1/ge;
    like($name, qr/UTF-8''\Q$saved\E\z/, 'of the file as it is saved');
    is_problem(cue_of($long, "?format=$_"), 400, qr/\Aformat:/,
        "format=$_ is refused") for qw(mp3 waveform), '', 'ogg&format=ogg';
    is_problem(recording_of($long, "?presigned=$_"), 400, qr/\Apresigned:/,
        "presigned=$_ is refused") for '', 1;
    for my $unknown ({ %$long, id => uuid_of(9, 9) },
        { %$long, recorder => uuid_of(9, 9) }) {
        is_problem($_->($unknown), 404, qr/no such recording/,
            'an unknown recording') for \&recording_of, \&cue_of;
    }
    test_fragments($long, @sets);
    $i->remove(keys %{ { recording_objects($long) } });
    $i->sync;
    is_problem(cue_of($long), 404, qr/gone/, 'one that is gone has no sheet');
    my $gone = recording_of($long)->{json};
    is_deeply([$gone->{is_gone}, scalar @{ $gone->{sets} },
        grep { defined } values %{ $gone->{files} }],
        [JSON::PP::true(), 3], 'but is still known, without files');
    my $part = get_set($i, $sets[0])->{recordings}[0];
    is_deeply([$part->{id}, grep { defined } values %{ $part->{urls} }],
        [$long->{id}], 'the link to it stays, without addresses');
    return;
}

# All who play in a set are on its track.
sub test_b2b {
    my $begin = next_evening();
    my $recording = new_recording(start => $begin, end => $begin + $HOUR);
    $i->record($recording);
    my @djs = map { new_dj($i, $_) } 'Track A', 'Track B', 'Track C';
    my $set = $i->request('POST', '/api/admin/sessions/b2b', {
        dj_ids => [@djs[1, 0, 2]], duration_minutes => 60 })->{json}{id};
    is_status($i->request('PUT', "/api/sessions/$set", {
        started_at => rfc3339($begin), ended_at => rfc3339($begin + $HOUR) }),
        200, 'a set of three');
    is(linked($set), $recording->{id}, 'is on a recording');
    my $names = 'Track B b2b Track A b2b Track C';
    is(recording_of($recording)->{json}{sets}[0]{dj_name}, $names,
        'with all names');
    like(cue_of($recording)->{content}, qr/PERFORMER "\Q$names\E"/,
        'also in the CUE sheet');
    return;
}

# Players are sent to the place where the set begins.
sub test_fragments {
    my ($long, @sets) = @_;
    my $location = sub {
        my ($id, $rest) = @_;
        my $answer = $i->request('GET', "$BASE/download/$id/$rest");
        return $answer->{headers}{location};
    };
    my $url = $location->($sets[0], 'ogg?redirect=true');
    like($url, qr/#t=600\.500,3600\.000\z/, 'a set in the middle');
    like($location->($sets[2], 'flac?redirect=true'),
        qr/#t=7200\.000,10800\.000\z/, 'one that outlasts the recording');
    is(HTTP::Tiny->new->get($url =~ s/#.*//r)->{content},
        "ogg of $long->{id}", 'the address without it is good');
    unlike($location->($sets[0], "$_?redirect=true"), qr/#/, "not of $_")
        for qw(waveform overview);
    unlike($i->request('GET', "$BASE/download/$sets[0]/ogg")->{json}{url},
        qr/#/, 'nor without a redirect');
    is($location->($sets[0], 'ogg'), undef, 'which there is not then');
    my $begin = $long->{start};
    $i->request('PUT', "/api/sessions/$sets[0]",
        { started_at => rfc3339($begin) });
    unlike($location->($sets[0], 'ogg?redirect=true'), qr/#/,
        'nor for a set that begins with the file');
    $i->request('PUT', "/api/sessions/$sets[0]",
        { started_at => rfc3339($begin + 600.5) });
    return;
}

sub test_running {
    my $recording = new_recording(start => time - $HOUR, chunks => 1,
        files => ['ogg']);
    $i->record($recording);
    my $id = start_set($i);
    is(linked($id), $recording->{id}, 'a set that runs, on a recording');
    my ($part) = @{ get_set($i, $id)->{recordings} };
    is($part->{duration_seconds}, undef, 'has no duration yet');
    is_problem($i->request('GET', "$BASE/download/$id/ogg?redirect=true"), 404,
        qr/not there yet/, 'nor a file: the one that is there is older');
    $i->request('POST', '/api/sessions/end', { session_id => $id });
    return;
}

# Further parts.
sub test_parts {
    my $begin = next_evening();
    my $one = new_recording(start => $begin - 100, end => $begin + 1000);
    my $two = new_recording(recorder => $one->{recorder},
        start => $begin + 1100, end => $begin + 2 * $HOUR, files => ['flac']);
    $i->record($one, $two);
    my $id = new_set($i, $begin, $begin + $HOUR, dj_id => new_dj($i, 'Parts'));
    my $parts = get_set($i, $id)->{recordings};
    is_shape($_, 'recorded_part', 'a part') for @$parts;
    is_deeply([map { [@{$_}{qw(id part offset_seconds duration_seconds)}] }
        @$parts], [[$one->{id}, 1, 100, 1000], [$two->{id}, 2, 0, 2500]],
        'two parts, each with its place');
    is_deeply([map { defined } @{ $parts->[1]{urls} }{qw(ogg_url flac_url)}],
        ['', 1], 'and the addresses of what is there');
    my $file = HTTP::Tiny->new->get($parts->[1]{urls}{flac_url});
    is($file->{content}, "flac of $two->{id}", 'which lead there');
    like($file->{headers}{'content-disposition'}, qr/ part 2\.flac"\z/,
        'under a name of its own');
    like(cue_of($two)->{content}, qr/FILE "Parts [\d-]+ part 2\.ogg"/,
        'as its CUE sheet has it');
    is_deeply(get_set($i, new_set($i, $begin - $DAY, $begin - $DAY + 60))
        ->{recordings}, [], 'a set without a recording has no part');
    # Nothing of ours removes rows of the index.
    $i->query('DELETE FROM recordings');
    my $set = get_set($i, $id);
    is_deeply([map { !!$_ } $set->{recording_gone},
        map { $_->{is_gone} } @{ $set->{recordings} }], [(!!1) x 3],
        'all is gone when the index has lost it');
    return;
}

test_night();
test_b2b();
test_running();
test_parts();

$i->stop;
$i->is_clean;
done_testing();
