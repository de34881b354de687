# SPDX-License-Identifier: MIT
# Recorders: what is known of them, their rooms and their clocks.
use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use Setlink::Instance;
use Setlink::Night qw(new_set get_set new_recording link_target walk_pages);
use Setlink::Recordings qw(recording_objects recording_prefix rfc3339 uuid_of);
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

sub recorder_of {
    my ($id) = @_;
    my ($found) = grep { $_->{recorder_id} eq $id }
        map { @$_ } walk_pages($i, "$BASE/recorders");
    return $found;
}

sub change {
    my ($id, $change) = @_;
    return $i->request('PUT', "$BASE/recorders/$id", $change);
}

sub linked {
    my ($id) = @_;
    return join ' ', map { $_->{id} } @{ get_set($i, $id)->{recordings} };
}

# --- Recorders.

sub test_seen {
    my ($one, $two) = map { uuid_of(0xc0000010, $_) } 1, 2;
    my $begin = next_evening();
    my $size = sub { length("$_[1] of $_[0]{id}") };
    my $old = new_recording(recorder => $one, start => $begin,
        end => $begin + $HOUR);
    my $open = new_recording(recorder => $one, start => $begin + 2 * $HOUR,
        chunks => 2, files => ['ogg']);
    $i->put("$one/metadata.json" => qq({"id":"$one","name":"L\xc3\xa4den\\n2"}),
        "$two/metadata.json" => 'cut o');
    $i->record($old, $open);
    my $shown = recorder_of($one);
    is_shape($shown, 'recorder', 'a recorder');
    is($shown->{name}, "L\x{e4}den 2", 'has its name, without controls');
    is($shown->{first_seen}, rfc3339($begin), 'was first seen');
    cmp_ok($shown->{last_seen}, 'gt', rfc3339(time - 600), 'and last');
    is($shown->{recordings}, 2, 'has recordings');
    my $bytes = $size->($open, 'ogg');
    $bytes += $size->($old, $_) for qw(ogg flac waveform overview);
    is($shown->{bytes}, $bytes, 'of so many bytes');
    is($shown->{open_recording}, $open->{id}, 'of which one goes on');
    is_deeply([@{$shown}{qw(room clock_correction_seconds)}], [undef, 0],
        'is tied to no room and has a good clock');
    my $bare = recorder_of($two);
    is_shape($bare, 'recorder', 'one without recordings');
    is_deeply([@{$bare}{qw(name recordings bytes open_recording)}],
        ['', 0, 0, undef], 'has neither name nor numbers');

    $i->put("$one/metadata.json" => qq({"name":"Bar"}),
        "$two/metadata.json" => '{"name":"Cellar"}');
    $i->record(new_recording(recorder => $one, start => $begin + 3 * $HOUR,
        end => $begin + 4 * $HOUR, files => []));
    $i->remove(recording_prefix($old) . '/data.flac');
    $i->sync;
    $shown = recorder_of($one);
    is_deeply([@{$shown}{qw(name recordings bytes open_recording)}],
        ['Bar', 3, $bytes - $size->($old, 'flac'), undef],
        'all of that follows the bucket');
    is(recorder_of($two)->{name}, 'Cellar', 'a name that can be read by now');
    $i->put("$one/metadata.json" => 'cut o');
    $i->remove(keys %{ { recording_objects($open) } });
    $i->sync;
    $shown = recorder_of($one);
    is_deeply([@{$shown}{qw(name recordings)}], ['Bar', 2],
        'a name that cannot be read any more stays');
    return;
}

sub test_open {
    my $me = uuid_of(0xc0000010, 3);
    my $lost = new_recording(recorder => $me, start => time - 600);
    $i->record($lost);
    is(recorder_of($me)->{open_recording}, undef,
        'one that is open for ever without sound does not go on');
    my $new = new_recording(recorder => $me, start => time - 20);
    $i->record($new);
    is(recorder_of($me)->{open_recording}, $new->{id}, 'one that is new does');
    return;
}

sub test_pages {
    $i->put(map { uuid_of(0xc0000011, $_) . '/metadata.json' =>
            '{"name":"many"}' } 1 .. 40);
    $i->sync;
    my @all = map { @$_ } walk_pages($i, "$BASE/recorders?limit=7");
    my ($count) = map { $_->[0] } $i->query('SELECT COUNT(*) FROM recorders');
    is(scalar @all, $count, 'the pages hold all recorders');
    is(scalar(grep { $_->{name} eq 'many' } @all), 40, 'forty of a kind');
    my $order = join ' ', map { "$_->{first_seen} $_->{recorder_id}" } @all;
    is(join(' ', sort { $b cmp $a } map { "$_->{first_seen} $_->{recorder_id}" }
        @all), $order, 'newest first');
    return;
}

sub test_cost {
    my $reads = sub {
        my $sum = 0;
        $sum += $_->[1] for $i->query("SHOW GLOBAL STATUS WHERE Variable_name"
                . " LIKE 'Handler\\_read\\_%'");
        return $sum;
    };
    my $id = uuid_of(0xc0000010, 4) =~ s/-//gr;
    $i->query("INSERT INTO recordings (recorder_id, id, start_time, listed_at,"
            . " first_seen_at, is_closed) SELECT UNHEX('$id'), UNHEX(MD5(seq)),"
            . " '2001-01-01' + INTERVAL seq SECOND,"
            . " '2001-01-01' + INTERVAL seq SECOND, UTC_TIMESTAMP(6), 1"
            . " FROM seq_1_to_5000");
    $i->query("INSERT INTO recorders (id, first_seen_at, last_seen_at, changes)"
            . " VALUES (UNHEX('$id'), '2001-01-01', '2001-01-01', 1)");
    my $before = $reads->();
    my $answer = $i->request('GET', "$BASE/recorders?limit=1000");
    cmp_ok($reads->() - $before, '<', 10 * @{ $answer->{json} } + 200,
        'a list of recorders reads a few rows a recorder');
    $i->query("DELETE FROM recordings WHERE recorder_id = UNHEX('$id')");
    $i->query("DELETE FROM recorders WHERE id = UNHEX('$id')");
    return;
}

# --- Rooms.

sub test_rooms {
    my $begin = next_evening();
    my ($main, $loose) = map { uuid_of(0xc0000012, $_) } 1, 2;
    my $in_main = new_recording(recorder => $main, start => $begin + 90,
        end => $begin + 2 * $HOUR);
    my $in_loose = new_recording(recorder => $loose, start => $begin + 30,
        end => $begin + 2 * $HOUR);
    $i->record($in_main, $in_loose);
    my $found = sub {
        my ($room, $start) = @_;
        my $id = new_set($i, $begin + $start, $begin + $HOUR,
            defined $room ? (room => $room) : ());
        my $linked = linked($id);
        $i->request('DELETE', "/api/session-recorder/link/$id");
        return $linked;
    };
    is($found->('Main', 0), $in_loose->{id},
        'without ties any recorder may be in a room');
    my $tied = change(uc $main, { room => "  M\x{e4}in " });
    is_status($tied, 200, 'a recorder is tied to a room');
    is_shape($tied->{json}, 'recorder', 'the answer is the recorder');
    is($tied->{json}{room}, "M\x{e4}in", 'with its room');
    is(recorder_of($main)->{room}, "M\x{e4}in", 'and so it stays');
    is($found->('MAIN', 0), $in_main->{id},
        'a set of the room is on its recorder');
    is($found->('Bar', 100), $in_loose->{id},
        'a set of another room is not, though that begins nearer');
    is($found->(undef, 100), $in_loose->{id}, 'nor is one without a room');
    is(change($loose, { room => 'Bar' })->{json}{room}, 'Bar',
        'the other is tied, too');
    is($found->('Cellar', 0), '', 'then nothing is left for a third room');
    is($found->(undef, 100), $in_main->{id}, 'and all for one without');
    is(change($main, { clock_correction_seconds => 0 })->{json}{room},
        "M\x{e4}in", 'what is not given stays');
    is(change($main, { room => undef })->{json}{room}, "M\x{e4}in",
        'and null is not given');
    for my $none ('', ' ') {
        is(change($main, { room => $none })->{json}{room}, undef, 'untied');
        is($found->('Cellar', 0), $in_main->{id},
            'it may be in any room that has none') if $none eq '';
    }
    return;
}

sub test_refused {
    my $me = uuid_of(0xc0000012, 1);
    my @cases = (
        (map { [room => $_] } 'x' x 101, "a\nb", "a\x{202e}b", 5, [], {}),
        (map { [clock_correction_seconds => $_] } 86_400.5, -86_401, 1e300,
            '5', '', [], JSON::PP::true()),
    );
    for (@cases) {
        my ($name, $value) = @$_;
        is_problem(change($me, { $name => $value }), 400, qr/\A\Q$name\E:/,
            "$name is refused");
    }
    is_problem($i->request('PUT', "$BASE/recorders/$me", '{"room":"a",'
        . '"room":"b"}', 'content-type' => 'application/json'), 400, qr/room/,
        'a room given twice');
    is_problem($i->request('PUT', "$BASE/recorders/$me", '{"room":"a"}',
        'content-type' => 'text/plain'), 415, qr/application\/json/,
        'a body of another type');
    is_problem(change(uuid_of(9, 9), { room => 'a' }), 404, qr/recorder/,
        'an unknown recorder');
    is_problem(change('x', { room => 'a' }), 400, qr/\Arecorder_id:/,
        'no recorder');
    is_deeply([@{ recorder_of($me) }{qw(room clock_correction_seconds)}],
        [undef, 0], 'nothing of that was done');
    return;
}

# What was linked before is looked at again.
sub test_rematch {
    my $begin = int(time) - 4 * $DAY;
    my ($near, $tied) = map { new_recording(start => $begin + $_,
        end => $begin + $HOUR) } 10, 20;
    $i->record($near, $tied);
    my $id = new_set($i, $begin, $begin + $HOUR, room => 'Later');
    is(linked($id), $near->{id}, 'a set of a room without recorders');
    change($tied->{recorder}, { room => 'Later' });
    is(linked($id), $near->{id}, 'keeps its recording when one is tied to it');
    $i->sync;
    is(linked($id), $tied->{id}, 'until the next refresh');
    return;
}

# --- Clocks.

sub test_clock {
    my $me = uuid_of(0xc0000013, 1);
    my $begin = int(time) - 2 * $DAY;
    my $slow = new_recording(recorder => $me, start => $begin - 5400,
        end => $begin - 1800);
    $i->record($slow);
    my $id = new_set($i, $begin, $begin + 1200, room => 'Clock');
    my $hand = new_set($i, $begin + 1200, $begin + 1800, room => 'Hand');
    is(linked($id), '', 'a clock that is slow hides a recording');
    my $changed = change($me, { clock_correction_seconds => 5_099.25 });
    is($changed->{json}{clock_correction_seconds}, 5099.25, 'it is put right');
    $i->sync;
    is(linked($id), $slow->{id}, 'the next refresh finds it');
    my ($part) = @{ get_set($i, $id)->{recordings} };
    is($part->{offset_seconds}, 300.75, 'with the right offset');
    is($part->{duration_seconds}, 1200, 'and duration');
    my ($listed) = @{ $i->request('GET',
        "$BASE/available-sessions?recorder_id=$me")->{json} };
    is($listed->{start_time}, rfc3339($begin - 5400),
        'the start that is shown is that of the metadata');
    is_status($i->request('POST', link_target($hand, $slow)), 200,
        'a link by hand');
    is(get_set($i, $hand)->{recordings}[0]{offset_seconds}, 1500.75,
        'counts it, too');
    is(change($me, { clock_correction_seconds => -86_400 })
        ->{json}{clock_correction_seconds}, -86400, 'a day the other way');
    my $far = new_set($i, $begin - 5400 - $DAY, $begin - 1800 - $DAY);
    is(linked($far), $slow->{id}, 'is found, too');
    my $over = new_recording(recorder => $me, start => $begin + $DAY - 60,
        end => $begin + $DAY + 60);
    $i->record($over);
    is(linked(new_set($i, $begin, $begin + 60, room => 'Over')), $over->{id},
        'also where the recording seems to begin a day after the set');
    return;
}

test_seen();
test_open();
test_pages();
test_cost();
test_rooms();
test_refused();
test_rematch();
test_clock();

$i->stop;
$i->is_clean;
done_testing();
