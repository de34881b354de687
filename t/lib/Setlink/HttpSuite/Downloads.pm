# SPDX-License-Identifier: MIT
# HTTP tests of download addresses, with which the files are fetched from MinIO.
package Setlink::HttpSuite::Downloads;

use strict;
use warnings;
use utf8;

use HTTP::Tiny;
use Setlink::Night qw(new_dj new_set start_set end_set get_set new_recording
    link_target);
use Setlink::Recordings qw(recording_objects recording_prefix rfc3339
    uuid_of);
use Setlink::Shape qw(is_shape is_status is_problem);
use Test::More;

my $BASE = '/api/session-recorder/download';
my $HOUR = 3600;
my %TYPES = (
    ogg      => 'audio/ogg',
    flac     => 'audio/flac',
    waveform => 'application/octet-stream',
    overview => 'image/png',
);
my %EXTENSIONS = (
    ogg      => 'ogg',
    flac     => 'flac',
    waveform => 'dat',
    overview => 'png',
);
my $CONTENT = join '', map { chr($_ % 256) } 0 .. 9_999;

my $begin = int(time) - 5 * 24 * $HOUR;
my $http  = HTTP::Tiny->new(max_redirect => 0, timeout => 60);

sub download {
    my ($i, $id, $rest) = @_;
    return $i->request('GET', "$BASE/$id/$rest");
}

sub fetch { return $http->get($_[0], { headers => $_[1] // {} }) }

# A set with a whole recording.
sub recorded_set {
    my ($i, $name) = @_;
    $begin += 2 * $HOUR;
    $i->record(new_recording(start => $begin, end => $begin + $HOUR,
        content => { map { $_ => "$_ $CONTENT" } keys %TYPES }));
    return new_set($i, $begin, $begin + $HOUR, dj_id => new_dj($i, $name));
}

sub test_formats {
    my ($i, $id) = @_;
    for my $format (sort keys %TYPES) {
        my $answer = download($i, uc $id, $format);
        is_status($answer, 200, "the $format of a set");
        is_shape($answer->{json}, 'download', 'is an address');
        is($answer->{json}{format}, $format, 'with its format');
        is($answer->{json}{expires_in_seconds}, 3600, 'for an hour');
        my $file = fetch($answer->{json}{url});
        is($file->{status}, 200, 'it is fetched from MinIO');
        ok($file->{content} eq "$format $CONTENT", 'byte for byte');
        is($file->{headers}{'content-type'}, $TYPES{$format}, 'with its type');
        my $day = substr rfc3339($begin), 0, 10;
        like($file->{headers}{'content-disposition'},
            qr/filename\*=UTF-8''J%C3%BCrgen%20.*$day\.$EXTENSIONS{$format}\z/,
            'and saved under a readable name');
        is((fetch($answer->{json}{url}, { range => 'bytes=5-14' }))->{content},
            substr("$format $CONTENT", 5, 10), 'a range of it too');
    }
    my $part = fetch(download($i, $id, 'ogg')->{json}{url},
        { range => 'bytes=-4' });
    is($part->{status}, 206, 'the end of a file');
    is($part->{headers}{'content-range'}, 'bytes 10000-10003/10004',
        'says where it is');
    return;
}

# The name goes through a header of MinIO's answer, and into a file system.
sub test_names {
    my ($i) = @_;
    my $id = recorded_set($i, "a/b\\c:d\"e;f%g ..\x{1f3a7}");
    my $file = fetch(download($i, $id, 'ogg')->{json}{url});
    is($file->{status}, 200, 'a DJ with an odd name');
    my ($plain) = $file->{headers}{'content-disposition'}
        =~ /\Aattachment; filename="([^"]*)";/;
    unlike($plain // '/', qr/[\/\\:"%]/, 'has a file name that is none');
    # Names have no control characters, but who can write to the database may.
    $i->query("UPDATE djs SET name = CONCAT('fdp.', CHAR(0x202e USING ucs2),"
        . " 'ggo.\\r\\n', CHAR(0x85 USING ucs2)) WHERE name LIKE 'a/b%'");
    $file = fetch(download($i, $id, 'ogg')->{json}{url});
    like($file->{headers}{'content-disposition'},
        qr/filename="fdp\._ggo\.___ [\d-]+\.ogg"\z/,
        'nor has one that looks like another');
    return;
}

sub test_redirect {
    my ($i, $id) = @_;
    my $answer = download($i, $id, 'ogg?redirect=true');
    is_status($answer, 302, 'redirect=true redirects');
    my $file = fetch($answer->{headers}{location});
    ok($file->{content} eq "ogg $CONTENT", 'to the file');
    is_status(download($i, $id, 'ogg?redirect=false'), 200, 'false does not');
    is_problem(download($i, $id, "ogg?redirect=$_"), 400, qr/\Aredirect:/,
        "redirect=$_ is refused") for '', 'yes', '1', 'true&redirect=true';
    return;
}

sub test_expires {
    my ($i, $id) = @_;
    for my $seconds (1, 604_800) {
        my $answer = download($i, $id, "flac?expires_in=$seconds");
        is($answer->{json}{expires_in_seconds}, $seconds,
            "an address for $seconds seconds");
        like($answer->{json}{url}, qr/[?&]X-Amz-Expires=$seconds(?:&|\z)/,
            'is signed for as long');
    }
    is_problem(download($i, $id, "ogg?expires_in=$_"), 400, qr/\Aexpires_in:/,
        "expires_in=$_ is refused")
        for '0', '604801', '-1', '1.5', 'x', '', '9' x 30, '60&expires_in=60';
    return;
}

sub test_reasons {
    my ($i) = @_;
    my $day = $begin - 40 * 24 * $HOUR;
    is_problem(download($i, uuid_of(4, 4), 'ogg'), 404, qr/no such session/,
        'no such session');
    my $bare = new_set($i, $day, $day + $HOUR);
    is_problem(download($i, $bare, 'ogg'), 404, qr/no recording is linked/,
        'no recording');
    $i->record(new_recording(start => $day, end => $day + $HOUR,
        files => [qw(ogg flac)], content => { ogg => '' }));
    my $early = new_set($i, $day, $day + $HOUR);
    is_problem(download($i, $early, $_), 404, qr/file yet/, "no $_ yet")
        for qw(ogg waveform overview);
    is_status(download($i, $early, 'flac'), 200, 'but the FLAC is there');
    is_problem(download($i, $early, $_), 400, qr/\Aformat:/,
        "the format $_ is refused") for qw(mp3 OGG raw ogg%20flac %6Fgg.);
    my $shown = get_set($i, $early);
    is_shape($shown, 'recorded_session', 'the set as the recorder sees it');
    is_deeply([map { defined } @{ $shown->{recording_urls} }
        {qw(ogg_url flac_url waveform_url overview_png_url)}], ['', 1, '', ''],
        'has addresses of what is there');
    return;
}

sub test_shown {
    my ($i, $id) = @_;
    my $shown = get_set($i, uc $id);
    is_shape($shown, 'recorded_session', 'a set with its recording');
    is($shown->{upload_status}, 'uploaded', 'is uploaded');
    for my $format (sort keys %TYPES) {
        my $name = $format eq 'overview' ? 'overview_png_url' : "${format}_url";
        my $file = fetch($shown->{recording_urls}{$name});
        ok($file->{content} eq "$format $CONTENT", "$name leads to the file");
    }
    ok(fetch($shown->{download_link})->{content} eq "ogg $CONTENT",
        'download_link leads to the OGG');
    my $lasting = $i->url . "$BASE/$id/ogg?redirect=true";
    my $listed = $i->request('GET', "/api/sessions/$id")->{json};
    is($listed->{download_link}, $lasting, 'elsewhere it is the lasting one');
    my $link = $i->request('GET', '/api/sessions/' . uc($id) . '/download');
    is_status($link, 200, 'it can be asked for alone');
    is($link->{json}, $lasting, 'and is a JSON string');
    return;
}

# What becomes of a set from its start to its last file.
sub test_life {
    my ($i) = @_;
    my $recording = new_recording(start => time - 30, chunks => 1);
    $i->record($recording);
    my $id = start_set($i);
    my $state = sub { $i->request('GET', "/api/sessions/$id")->{json} };
    is($state->()->{upload_status}, 'recording', 'a set that runs');
    is_problem($i->request('GET', "/api/sessions/$id/download"), 404,
        qr/not there yet/, 'has no link yet');
    end_set($i, $id);
    is($state->()->{upload_status}, 'processing', 'one that has ended');
    is($state->()->{download_link}, undef, 'still has none');
    $i->record({ %$recording, end => time, files => ['waveform'] });
    is($state->()->{upload_status}, 'processing', 'nor has a closed one');
    $i->record({ %$recording, end => time, files => [qw(waveform ogg)] });
    is($state->()->{upload_status}, 'uploaded', 'but one with its OGG has');
    like($state->()->{download_link}, qr/\Q$id\E\/ogg\?redirect=true\z/,
        'the lasting link');
    return;
}

# A set that runs may have a recording that is whole: it is not the set's.
sub test_running {
    my ($i) = @_;
    $begin += 2 * $HOUR;
    my $closed = new_recording(start => $begin, end => $begin + $HOUR);
    $i->record($closed);
    my $id = start_set($i);
    is_status($i->request('POST', link_target($id, $closed)), 200,
        'a set that runs is linked by hand');
    is_problem($i->request('GET', "/api/sessions/$id/download"), 404,
        qr/not there yet/, 'and has no link before its end');
    end_set($i, $id);
    is_status($i->request('GET', "/api/sessions/$id/download"), 200,
        'but then');
    return;
}

# A recording that somebody has deleted.
sub test_deleted {
    my ($i) = @_;
    $begin += 2 * $HOUR;
    my $recording = new_recording(start => $begin, end => $begin + $HOUR);
    $i->record($recording);
    my $id = new_set($i, $begin, $begin + $HOUR);
    is(get_set($i, $id)->{upload_status}, 'uploaded', 'a recording');
    my %objects = recording_objects($recording);
    $i->remove(keys %objects);
    $i->sync;
    my $shown = get_set($i, $id);
    isnt($shown->{upload_status}, 'uploaded', 'is deleted');
    ok($shown->{recording_gone}, 'the set says so');
    my ($part) = @{ $shown->{recordings} };
    is($part->{id}, $recording->{id}, 'the link stays');
    ok($part->{is_gone}, 'and says so, too');
    is_deeply([grep { defined } values %{ $part->{urls} },
        values %{ $shown->{recording_urls} }], [], 'without addresses');
    is_problem(download($i, $id, 'ogg'), 404, qr/gone from the bucket/,
        'no address of what is gone');
    is_problem($i->request('GET', "/api/sessions/$id/download"), 404,
        qr/gone from the bucket/, 'nor a link of what is gone');
    is($i->request('GET', "/api/sessions/$id")->{json}{download_link}, undef,
        'nor a lasting one');
    $i->put(%objects);
    $i->sync;
    $shown = get_set($i, $id);
    is($shown->{upload_status}, 'uploaded', 'it comes back');
    ok(!$shown->{recording_gone}, 'the set is told');
    ok(!$shown->{recordings}[0]{is_gone}, 'and its part');
    is($shown->{recording_changed_at}, undef, 'it is what it was');
    is_status(download($i, $id, 'ogg'), 200, 'with its file');
    return;
}

# A recording that is opened again after a restart of the recorder: under the
# same id come other files.
sub test_replaced {
    my ($i) = @_;
    $begin += 2 * $HOUR;
    my $recording = new_recording(start => $begin, end => $begin + 1200);
    $i->record($recording);
    my $id = new_set($i, $begin, $begin + $HOUR);
    my $state = sub {
        my $shown = get_set($i, $id);
        is($shown->{recordings}[0]{changed_at}, $shown->{recording_changed_at},
            'the part says what the set says');
        return join ' ', $shown->{upload_status},
            $shown->{recording_changed_at} // 'as it was';
    };
    is($state->(), 'uploaded as it was', 'a set with its recording');
    my $later = { %$recording, start => $begin + 1500, chunks => 1 };
    delete $later->{end};
    $i->record($later);
    is($state->(), 'uploaded as it was', 'that is opened again');
    my $before = rfc3339(int(time) - 1);
    $i->record({ %$later, end => $begin + $HOUR,
        content => { ogg => 'the later part' } });
    my $changed = $state->();
    like($changed, qr/\Auploaded \d/, 'and closed: the set is told');
    cmp_ok($changed =~ s/\S+ //r, 'ge', $before, 'and when');
    $i->sync;
    is($state->(), $changed, 'that stays so');
    my $flac = { %$later, start => $begin - 60, end => $begin + $HOUR,
        content => { ogg => 'the later part', flac => 'another' } };
    $i->record($flac);
    is($state->(), $changed, 'whatever other file changes');
    is(get_set($i, $id)->{recordings}[0]{offset_seconds}, 60,
        'and wherever in it the set begins');
    $i->remove(recording_prefix($recording) . '/data.ogg');
    $i->sync;
    like($state->(), qr/\A(?!uploaded)/, 'without its OGG it is not uploaded');
    $i->record($flac);
    is($state->(), $changed, 'the same OGG again is no change');
    $i->record({ %$flac, content => { ogg => '' } });
    $i->record({ %$flac, content => { ogg => 'the latest part' } });
    cmp_ok($state->(), 'gt', $changed, 'but another one after an empty one');
    my $new = new_set($i, $begin + 1500, $begin + $HOUR, room => 'b');
    is_status($i->request('POST', link_target($new, $recording)
        . '?force=true'), 200, 'a set that is linked later');
    is(get_set($i, $new)->{recording_changed_at}, undef,
        'knows it as it is by now');
    is_status($i->request('POST', link_target($id, $recording)
        . '?force=true'), 200, 'as one that is linked again does');
    is($state->(), 'uploaded as it was', 'it is told no more');
    return;
}

sub tests {
    my ($i) = @_;
    my $id = recorded_set($i, 'Jürgen "Flip" Müller');
    test_formats($i, $id);
    test_redirect($i, $id);
    test_expires($i, $id);
    test_shown($i, $id);
    test_names($i);
    test_reasons($i);
    test_life($i);
    test_running($i);
    test_deleted($i);
    test_replaced($i);
    return;
}

1;
