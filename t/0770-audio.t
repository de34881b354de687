# SPDX-License-Identifier: MIT
# What is heard at the place of a file that a set has: audio whose pitch tells
# the time, in real MinIO, and by its own clock. One evening, with a cut, and
# with a restart of the recorder's server, after which a recording goes on and
# its files are replaced. What is recorded is stored at once, faster than it
# plays.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use HTTP::Tiny;
use POSIX qw(ceil);
use Setlink::Instance;
use Setlink::Night qw(new_set get_set);
use Setlink::Pitch qw(pitch_audio pitch_files heard_at);
use Setlink::Recordings qw(recording_objects recording_prefix seconds_of
    uuid_of);
use Test::More;
use Time::HiRes qw(sleep time);

my $PADDED = 5_242_880 / 192_000;
my $RECORDER = uuid_of(0xa0000001, 1);

# The programs are ahead of MinIO, as what the sets and the recordings are of is
# not over when it is stored.
my $AHEAD = 300;
my $instance = Setlink::Instance->start(clock => 1, settings => {
    SESSION_RECORDER_SYNC_INTERVAL => 86_400 });
$instance->clock_move($AHEAD);

# Whole seconds: `cut` is when the second recording began, `down` when the
# server ended.
my $begin = ceil(time) - 300;
my ($cut, $down) = ($begin + 90, $begin + 90 + 118);
my %first = (recorder => $RECORDER, id => uuid_of(0xb0000001, 1));
my %second = (recorder => $RECORDER, id => uuid_of(0xb0000001, 2));

# Store the files of a recording as its server does, which are of the time from
# `from` on for `heard` seconds; and its metadata, which tells of `start`.
sub store_files {
    my ($recording, $from, $heard, $stored, $start) = @_;
    my $prefix = recording_prefix($recording);
    my %files = pitch_files(pitch_audio($from, $heard, $stored), $heard);
    $instance->put("$prefix/data.raw" => delete $files{'data.raw'});
    $instance->put(recording_objects({ %$recording, files => [],
        start => $start, end => $start + $stored }));
    $instance->put(map { ("$prefix/$_" => $files{$_}) } keys %files);
    return;
}

# When MinIO has stored the metadata of a recording.
sub stored_at {
    my ($recording) = @_;
    my $prefix = recording_prefix($recording) . '/metadata.json';
    my ($listing) = $instance->{minio}->requests(['GET', $instance->bucket, '',
        '', ['list-type', 2, 'prefix', $prefix]]);
    return seconds_of($listing =~ m{<LastModified>([^<]+)<});
}

# What is heard of a part of a set that begins and ends at these times: the
# first and the last second, in both formats.
sub is_heard {
    my ($name, $part, $from, $to) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @places = map { $part->{offset_seconds} + $_ }
        0.5, $part->{duration_seconds} - 0.5;
    for my $format (qw(ogg flac)) {
        my $answer = HTTP::Tiny->new->get($part->{urls}{"${format}_url"} // '');
        is($answer->{status}, 200, "$name: there is its $format") or next;
        is_deeply([heard_at($format, $answer->{content}, @places)],
            [map { $_ % 100 } $from, $to - 1],
            "$name: with the first and the last second of it");
    }
    return;
}

sub set_of { return get_set($instance, $_[0]) }

# The parts as the recordings' numbers, and how they are.
sub parts_of {
    my ($set) = @_;
    return join ' ', $set->{upload_status}, map { substr($_->{id}, -1)
            . (defined $_->{urls}{ogg_url} ? '' : ' without a file') }
        @{ $set->{recordings} };
}

# --- The first recording is closed by the cut; the second one goes on.

my @sets = (
    [$begin + 10, $cut + 20],          # across the cut
    [$cut + 20, $down - 18],           # before the restart
);
my @ids = map { new_set($instance, @$_) } @sets;

$instance->put("$RECORDER/metadata.json" => qq({"id":"$RECORDER"}));
$instance->put(recording_objects({ %second, start => $cut, chunks => 1 }));
store_files(\%first, $begin, 90, 84 + $PADDED, $begin);
$instance->sync;
my $set = set_of($ids[0]);
is(parts_of($set), 'uploaded 1 2 without a file', 'a set across a cut');
is_heard('before the cut', $set->{recordings}[0], $sets[0][0], $cut);

# --- The server ends, is there again, and has made files of the whole chunks.

store_files(\%second, $cut, 112, 112, $cut);
$instance->remove(sprintf '%s/chunks/%016d', recording_prefix(\%second), 0);
$instance->sync;
$set = set_of($ids[0]);
is(parts_of($set), 'uploaded 1 2', 'once the second recording is closed');
is_heard('before the cut', $set->{recordings}[0], $sets[0][0], $cut);
is_heard('after the cut', $set->{recordings}[1], $cut, $sets[0][1]);
$set = set_of($ids[1]);
is(parts_of($set), 'uploaded 2', 'a set before the restart');
is_heard('before the restart', $set->{recordings}[0], @{ $sets[1] });

# --- It goes on: the same metadata once more, at the time of MinIO.

sleep 1.1;
$instance->put(recording_objects({ %second, start => $cut }));
my $again = stored_at(\%second);
push @sets, [ceil($again) + 5, ceil($again) + 40];
push @ids, new_set($instance, @{ $sets[2] });
$instance->sync;
$set = set_of($ids[1]);
is(parts_of($set), 'uploaded 2', 'its files are there yet');
is_heard('before the restart', $set->{recordings}[0], @{ $sets[1] });
isnt(set_of($ids[2])->{upload_status}, 'uploaded', 'a set after the restart');

# --- Its files are replaced by what came later; its metadata tells of the first
# begin.

sleep 1.1;
store_files(\%second, $again, 45, 28 + $PADDED, $cut);
$instance->put(recording_objects({ recorder => $RECORDER, start => $again + 45,
    id => uuid_of(0xb0000001, 3) }));
$instance->sync;
$set = set_of($ids[2]);
is(parts_of($set), 'uploaded 2', 'a set after the restart');
is_heard('after the restart', $set->{recordings}[0], @{ $sets[2] });
$set = set_of($ids[0]);
like(parts_of($set), qr/\Auploaded 1( 2 without a file)?\z/,
    'the one across the cut has lost its end');
is_heard('before the cut', $set->{recordings}[0], $sets[0][0], $cut);
$set = set_of($ids[1]);
isnt($set->{upload_status}, 'uploaded', 'the one before the restart is lost');
unlike(parts_of($set), qr/\d(?! without)/, 'and nothing is called its own');
is($set->{status_detail}, 'audio_lost', 'which is said');

$instance->stop;
$instance->is_clean;

done_testing();
