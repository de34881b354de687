# SPDX-License-Identifier: MIT
# HTTP tests of the list of recordings, and of the refresh of the index.
package Setlink::HttpSuite::Recordings;

use strict;
use warnings;

use HTTP::Tiny;
use Setlink::Night qw(new_set new_recording walk_pages);
use Setlink::Recordings qw(recording_objects recording_prefix rfc3339
    uuid_of);
use Setlink::Shape qw(is_shape is_status);
use Test::More;

my $LIST = '/api/session-recorder/available-sessions';
my $HOUR = 3600;
my $ME   = uuid_of(0xc0000001, 1);
my $noon = int(time) - 100 * 24 * $HOUR;

# One of each kind, the newest first; the last two have no metadata.
my %kinds = (
    # Without chunks, or it would be on all sets since.
    open   => new_recording(recorder => $ME, start => $noon + 5 * $HOUR,
        name => 'Late'),
    closed => new_recording(recorder => $ME, start => $noon + 3 * $HOUR + 0.5,
        end => $noon + 4 * $HOUR + 0.5, keep => 1, name => "S\x{e4}ngerin"),
    linked => new_recording(recorder => $ME, start => $noon,
        end => $noon + 600, files => ['flac']),
    bare   => new_recording(recorder => $ME, files => ['ogg'],
        content => { ogg => '' }),
    file   => new_recording(recorder => $ME, files => ['ogg']),
);

# The kinds in an answer, in its order.
sub kinds_of {
    my (@recordings) = @_;
    my %kind = map { $kinds{$_}{id} => $_ } keys %kinds;
    return join ' ', map { $kind{ $_->{id} } // '?' } @recordings;
}

sub list {
    my ($i, $query) = @_;
    return $i->request('GET', "$LIST?recorder_id=$ME$query");
}

# Those without a time come last, by their ids.
sub order {
    my (@names) = @_;
    my @last = sort { $kinds{$b}{id} cmp $kinds{$a}{id} }
        grep { !defined $kinds{$_}{start} } @names;
    return join ' ', (grep { defined $kinds{$_}{start} } @names), @last;
}

my @ALL = qw(open closed linked bare file);

sub test_members {
    my ($i) = @_;
    my $answer = list($i, '');
    is_status($answer, 200, 'the recordings of a recorder');
    is(kinds_of(@{ $answer->{json} }), order(@ALL), 'are in their order');
    is_shape($_, 'recording', 'a recording') for @{ $answer->{json} };
    my ($open, $closed, $linked) = @{ $answer->{json} };
    is($open->{end_time}, undef, 'an open one has no end');
    ok(!$open->{is_closed}, 'and is not closed');
    is($open->{files}{ogg_url}, undef, 'nor has it a file');
    is($closed->{start_time}, rfc3339($noon + 3 * $HOUR + 0.5), 'a start');
    is($closed->{end_time}, rfc3339($noon + 4 * $HOUR + 0.5), 'an end');
    is($closed->{duration_seconds}, 3600, 'seconds, not nanoseconds');
    ok($closed->{is_closed} && $closed->{keep}, 'closed and to be kept');
    is($closed->{name}, "S\x{e4}ngerin", 'a name');
    my $base = $i->env('MINIO_URL') . '/' . $i->bucket . '/'
        . recording_prefix($kinds{closed});
    is_deeply($closed->{files}, {
        ogg_url          => "$base/data.ogg",
        flac_url         => "$base/data.flac",
        waveform_url     => "$base/waveform.dat",
        overview_png_url => "$base/overview.png",
        metadata_url     => "$base/metadata.json",
    }, 'plain addresses, with the bucket');
    is_deeply([map { defined } @{ $linked->{files} }{qw(ogg_url flac_url)}],
        ['', 1], 'only of files that are there');
    return;
}

sub test_without_metadata {
    my ($i) = @_;
    my %by = map { $_->{id} => $_ } @{ list($i, '')->{json} };
    my ($bare, $file) = @by{ map { $kinds{$_}{id} } qw(bare file) };
    is($file->{$_}, undef, "$_ is null where it is not known")
        for qw(start_time end_time);
    is($file->{duration_seconds}, 0, 'the duration is 0 then');
    is($file->{files}{metadata_url}, undef, 'there is no metadata');
    ok(defined $file->{files}{ogg_url}, 'but a file');
    is($bare->{files}{ogg_url}, undef, 'an empty file is none');
    return;
}

sub test_filters {
    my ($i) = @_;
    my ($t3, $t5) = map { rfc3339($_) } $noon + 3 * $HOUR, $noon + 5 * $HOUR;
    my @cases = (
        ['&open=true'            => qw(open bare file)],
        ['&open=false'           => qw(closed linked)],
        ['&linked=true'          => 'linked'],
        ['&linked=false'         => qw(open closed bare file)],
        ["&since=$t3"            => qw(open closed)],
        ["&until=$t3"            => 'linked'],
        ["&since=$t3&until=$t5"  => 'closed'],
        ["&since=$t5"            => 'open'],
        ['&since=' . $t5 =~ s/Z\z/%2B00:00/r => 'open'],
        ['&since=1970-01-01T00:00:00Z' => qw(open closed linked)],
        ['&until=9999-12-31T23:59:59Z' => qw(open closed linked)],
        ["&since=$t5&until=$t3"],
        ['&open=true&linked=true'],
        ['&nonsense=1&nonsense=2' => @ALL],
    );
    for (@cases) {
        my ($query, @names) = @$_;
        my $answer = list($i, $query);
        is_status($answer, 200, "the filter $query") or next;
        is(kinds_of(@{ $answer->{json} }), order(@names), 'finds what fits');
    }
    is(scalar @{ $i->request('GET', "$LIST?recorder_id=" . uuid_of(3, 3))
        ->{json} }, 0, 'an unknown recorder has none');
    my $upper = $i->request('GET', "$LIST?recorder_id=" . uc $ME)->{json};
    is(scalar @$upper, scalar @ALL, 'its id may be in upper case');
    is($upper->[0]{recorder_id}, $ME, 'and is in lower case on output');
    return;
}

sub test_pages {
    my ($i) = @_;
    for my $query ("limit=1&recorder_id=$ME", "limit=2&recorder_id=$ME",
        "recorder_id=$ME&limit=5") {
        is(kinds_of(map { @$_ } walk_pages($i, "$LIST?$query")), order(@ALL),
            "the pages hold all: $query");
    }
    my @all = map { @$_ } walk_pages($i, "$LIST?limit=3");
    my ($count) = map { $_->[0] } $i->query('SELECT COUNT(*) FROM recordings'
        . ' WHERE gone_at IS NULL');
    is(scalar @all, $count, 'the pages of all recorders too');
    my @times = map { $_->{start_time} } @all;
    my @known = grep { defined } @times;
    is_deeply([@times[0 .. $#known]], \@known, 'those without a time are last');
    return;
}

sub test_presigned {
    my ($i) = @_;
    my ($closed) = @{ list($i, '&presigned=true&open=false&linked=false')
        ->{json} };
    is_shape($closed, 'recording', 'a recording with presigned addresses');
    for my $name (sort keys %{ $closed->{files} }) {
        my $file = HTTP::Tiny->new->get($closed->{files}{$name});
        is($file->{status}, 200, "$name is fetched");
    }
    return;
}

sub test_sync {
    my ($i) = @_;
    my $sync = '/api/session-recorder/sync';
    my $new = new_recording(recorder => $ME, start => $noon + 8 * $HOUR);
    $i->put(recording_objects($new));
    my $answer = $i->request('POST', $sync);
    is_status($answer, 200, 'a refresh');
    is_shape($answer->{json}, { status => 'string', map { $_ => 'int' }
            qw(recordings added changed gone) }, 'tells what changed');
    is($answer->{json}{added}, 1, 'one was added');
    is(list($i, '&limit=1')->{json}[0]{id}, $new->{id}, 'it is listed at once');
    $i->remove(recording_prefix($new) . '/metadata.json');
    is($i->request('POST', $sync)->{json}{gone}, 1, 'one is gone');
    is(kinds_of(@{ list($i, '')->{json} }), order(@ALL), 'and not listed');
    return;
}

sub tests {
    my ($i) = @_;
    $i->record(values %kinds);
    new_set($i, $noon, $noon + 600);
    test_members($i);
    test_without_metadata($i);
    test_filters($i);
    test_pages($i);
    test_presigned($i);
    test_sync($i);
    return;
}

1;
