# SPDX-License-Identifier: MIT
# How long recordings are without the silence that pads them.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Setlink::Instance;
use Setlink::Night qw(new_set get_set new_recording);
use Setlink::Recordings qw(recording_prefix);
use Test::More;

my $BASE = '/api/session-recorder';
my $DAY  = 24 * 3600;

my $i = Setlink::Instance->start(workers => 2,
    settings => { SESSION_RECORDER_SYNC_INTERVAL => 3600 });

# Each group of tests has an evening of its own.
my $evening = int(time) - 30 * $DAY;
sub next_evening { return $evening -= 9 * $DAY }

sub recording_of {
    my ($r) = @_;
    return $i->request('GET', "$BASE/recording/$r->{recorder}/$r->{id}");
}

# The bytes of a waveform: header and pieces of sound and silence, in pairs.
sub waveform {
    my ($header, @pieces) = @_;
    my ($data, $sound) = ('', 1);
    for my $pairs (@pieces) {
        $data .= ($sound ? "\xf0\x10" : "\0\0") x $pairs;
        $sound = !$sound;
    }
    return pack('V5', 1, 1, 48_000, 256, length($data) / 2) . $data
        if !defined $header;
    return $header . $data;
}

sub audio_of {
    my ($r) = @_;
    return recording_of($r)->{json}{audio_seconds};
}

sub test_waveforms {
    my $begin = next_evening();
    my $near = sub { return defined $_[0] ? sprintf('%.6f', $_[0]) : 'null' };
    my @cases = (
        ['silence at the end' => waveform(undef, 7469, 2901), '39.834666'],
        ['silence in the middle' => waveform(undef, 1000, 5000, 4000),
            '53.333333'],
        ['no silence' => waveform(undef, 5250), '28.000000'],
        ['nothing but silence' => waveform(undef, 0, 5250), '0.000000'],
        ['nothing at all' => waveform(undef), '0.000000'],
        ['two hours' => waveform(undef, 1_344_000, 6_000), '7168.000000'],
        ['an hour of silence' => waveform(undef, 3_000, 675_000), '16.000000'],
        ['a long file of silence' => waveform(undef, 0, 200_000), '0.000000'],
        ['four hours of silence' => waveform(undef, 100, 2_700_000), 'null'],
        ['silence to a step' => waveform(undef, 100_000, 32_768),
            '533.333333'],
        ['just a step' => waveform(undef, 32_758), '174.709333'],
        ['16 bits, stereo' => waveform(pack('V6', 2, 0, 48_000, 256, 3_000, 2),
            4_000, 2_000 + 6_000), '5.333333'],
        ['another rate and zoom' => waveform(pack('V5', 1, 1, 8_000, 80, 1_000),
            500, 500), '5.000000'],
        ['more than the header says' => waveform(pack('V5', 1, 1, 48_000, 256,
            1_000), 500, 500, 200), '2.666666'],
        ['a header alone' => pack('V5', 1, 1, 48_000, 256, 5_000), 'null'],
        ['half a header' => 'x' x 10, 'null'],
        ['cut off' => substr(waveform(undef, 100_000), 0, 150_000), 'null'],
        ['no waveform' => 'OggS' x 50_000, 'null'],
        ['no file' => '', 'null'],
    );
    my @recordings = map { new_recording(start => $begin, end => $begin + 60,
        files => ['waveform'], content => { waveform => $_->[1] }) } @cases;
    $i->record(@recordings);
    is($near->(audio_of($recordings[$_])), $cases[$_][2],
        "the waveform: $cases[$_][0]") for 0 .. $#cases;
    my ($due) = map { $_->[0] } $i->query(
        'SELECT COUNT(*) FROM recordings WHERE audio_due = 1');
    is($due, 0, 'all have been read');
    my $one = $recordings[0];
    is(recording_of($one)->{json}{duration_seconds}, 60,
        'the duration is the metadata\'s');
    my ($listed) = grep { $_->{id} eq $one->{id} } @{ $i->request('GET',
        "$BASE/available-sessions?recorder_id=$one->{recorder}")->{json} };
    is($near->($listed->{audio_seconds}), '39.834666', 'the list has it, too');

    my $key = recording_prefix($one) . '/waveform.dat';
    my ($status, $report) = $i->command('sync', '--json');
    like($report, qr/"changed":0,/, 'a refresh without changes');
    my ($pages) = $report =~ /"requests":(\d+)/;
    $i->put($key => waveform(undef, 7_500, 2_870));
    ($status, $report) = $i->command('sync', '--json');
    is(($report =~ /"requests":(\d+)/)[0], $pages + 1,
        'one that is replaced takes one request');
    is(audio_of($one), 40, 'and is read again');
    $i->put($key => 'no waveform');
    $i->sync;
    is(audio_of($one), undef, 'what is known of a file goes with it');
    $i->put($key => waveform(undef, 7_500, 2_870));
    $i->sync;
    is(audio_of($one), 40, 'and comes again');
    $i->remove($key);
    $i->sync;
    is(recording_of($one)->{json}{audio_seconds}, undef, 'or is gone');
    return;
}

# The silence at the end of a recording belongs to no set.
sub test_padding {
    my $begin = next_evening();
    my $padded = new_recording(start => $begin, end => $begin + 55,
        content => { waveform => waveform(undef, 7_500, 2_870) });
    $i->record($padded);
    my $id = new_set($i, $begin, $begin + 50);
    is(get_set($i, $id)->{recordings}[0]{duration_seconds}, 40,
        'a set ends where the silence begins');
    return;
}

# A real one.
sub test_real {
    my $sample = "$FindBin::Bin/../sample/bucket/"
        . '6cc49ce1-2d89-448d-a657-ba7166547c51/sessions/'
        . '1d7e4b90-6a2c-4f3d-b8e5-9c0f1a2b3c04/waveform.dat';
    open my $file, '<:raw', $sample or die "$sample: $!\n";
    read $file, my $content, -s $file or die "$sample: $!\n";
    close $file or die "$sample: $!\n";
    my $real = new_recording(start => 86_400, end => 86_428,
        content => { waveform => $content });
    $i->record($real);
    is(audio_of($real), 27.92, 'a waveform of the real recorder');
    return;
}

test_waveforms();
test_padding();
test_real();

$i->stop;
$i->is_clean;
done_testing();
