# SPDX-License-Identifier: MIT
# HTTP tests of MinIO's events, posted by hand: access, what is no event, and
# events that come twice, late or in another order.
package Setlink::HttpSuite::Events;

use strict;
use warnings;

use Setlink::Night qw(new_recording);
use Setlink::Recordings qw(recording_prefix rfc3339);
use Setlink::Shape qw(is_status is_problem);
use Test::More;
use Time::HiRes qw(sleep);

my $ROUTE = '/api/session-recorder/events';
my %FILES = (ogg => 'data.ogg', flac => 'data.flac',
    waveform => 'waveform.dat', overview => 'overview.png');

# A time in nanoseconds, as MinIO numbers events.
my $sequence = time * 1_000_000_000;

# A record of MinIO's for an object: of the file `file` of a recording, or with
# the encoded `key`; other members of the object are given as they are.
sub record_of {
    my ($name, $recording, %object) = @_;
    my $file = delete $object{file};
    my $bucket = delete $object{bucket} // 'session-recorder';
    $object{key} //= (recording_prefix($recording) . "/$file") =~ s/\//%2F/gr;
    $object{sequencer} //= sprintf '%X', $sequence += 1_000_000;
    $object{eTag} //= 'e' . $sequence if $name =~ /Created/;
    return {
        eventVersion => '2.0',
        eventSource  => 'minio:s3',
        eventTime    => rfc3339(time),
        eventName    => "s3:$name",
        s3 => { bucket => { name => $bucket }, object => \%object },
    };
}

sub created { return record_of('ObjectCreated:Put', @_) }
sub removed { return record_of('ObjectRemoved:Delete', @_) }

sub with { return (authorization => "Bearer $_[0]") }

# Post records with the right token.
sub post {
    my ($i, @records) = @_;
    return $i->request('POST', $ROUTE, { EventName => 'x', Key => 'x',
            Records => \@records },
        with($i->env('SETLINK_EVENTS_TOKEN')), 'user-agent' =>
            'Go-http-client/1.1');
}

sub is_taken {
    my ($answer, $taken, $ignored, $name) = @_;
    is_status($answer, 200, $name);
    is_deeply($answer->{json}, { taken => $taken, ignored => $ignored },
        "$name: what was of use");
    return;
}

sub row {
    my ($i, $recording, $columns) = @_;
    my $id = $recording->{id} =~ s/-//gr;
    my ($row) = $i->query("SELECT $columns FROM recordings WHERE id = 0x$id");
    return $row && join ' ', @$row;
}

# Wait until the process for what is left has ended.
sub wait_idle {
    my ($i) = @_;
    my $busy = 'SELECT (SELECT COUNT(*) FROM events_pending) + (SELECT COUNT(*)'
        . " FROM leases WHERE name = 'events' AND owner IS NOT NULL"
        . ' AND until_at > UTC_TIMESTAMP(6))';
    for (1 .. 600) {
        return if ($i->query($busy))[0][0] == 0;
        sleep 0.1;
    }
    fail('the events are not worked at');
    return;
}

sub forget_failures { $_[0]->query('DELETE FROM address_counts'); return }

sub test_access {
    my ($i) = @_;
    my $body = { Records => [created(new_recording(), file => 'data.ogg',
        bucket => 'other')] };
    my $try = sub { return $i->request('POST', $ROUTE, $body, @_) };
    my $none = $try->();
    is_problem($none, 401, qr/\AAuthorization:.*required/, 'without a token');
    ok($none->{headers}{'www-authenticate'}, 'says what is wanted');
    is_problem($try->(authorization => $_), 401, qr/required/,
        "'$_' is no token") for 'Bearer', 'Basic eDp5',
            $i->env('SETLINK_EVENTS_TOKEN');
    is_status($try->(with($i->env('SETLINK_EVENTS_TOKEN'))), 200,
        'with the token');
    is_status($try->(with($i->env('SETLINK_EVENTS_TOKEN')),
        host => 'evil.example', 'x-forwarded-for' => '192.0.2.1'), 200,
        'from anywhere');
    is_problem($try->(with("guess $_")), 401, qr/wrong/, "wrong token $_")
        for 1 .. 10;
    is_problem($try->(with('guess 11')), 429, qr/too many/, 'too many');
    is_problem($try->(with($i->env('SETLINK_EVENTS_TOKEN'))), 429,
        qr/too many/, 'the right one is refused too');
    forget_failures($i);
    my $get = $i->request('GET', $ROUTE);
    is_problem($get, 405, qr/POST/, 'only POST');
    is($get->{headers}{allow}, 'POST, OPTIONS', 'as Allow says');
    return;
}

my @NO_EVENTS = (
    ['', 'nothing', qr/\Abody:/], ['hello', 'a word', qr/\Abody:/],
    ['{', 'half an object', qr/\Abody:/], ['[]', 'an array', qr/\Abody:/],
    ['null', 'null', qr/\Abody:/], ['{}', 'no records', qr/\ARecords:/],
    ['{"Records":[]}', 'an empty list', qr/\ARecords:/],
    ['{"Records":{}}', 'an object', qr/\ARecords:/],
    ['{"Records":[{}]}', 'an empty record', qr/\ARecords\[0\]\.eventName:/],
    ['{"Records":[{"eventName":"s3:ObjectCreated:Put","s3":{"bucket":'
            . '{"name":"session-recorder"},"object":{}}}]}', 'no key',
        qr/\ARecords\[0\]\.s3\.object\.key: is required/],
    ['{"Records":[' . '[' x 100 . ']' x 100 . ']}', 'deep', qr/\Abody:.*deep/],
    ["{\"Records\":\"\xff\"}", 'no UTF-8', qr/\Abody:/],
);

sub test_no_events {
    my ($i) = @_;
    my @token = with($i->env('SETLINK_EVENTS_TOKEN'));
    my @json = ('content-type' => 'application/json');
    for (@NO_EVENTS) {
        my ($body, $name, $detail) = @$_;
        is_problem($i->request('POST', $ROUTE, $body, @token, @json), 400,
            $detail, "$name is no event");
    }
    is_problem($i->request('POST', $ROUTE, '{"Records":[{}]}', @token,
        'content-type' => $_), 400, qr/\AContent-Type:/,
        ($_ // 'no type') . ' is none')
        for undef, 'text/plain', 'application/x-www-form-urlencoded';
    is_problem($i->request('POST', $ROUTE, ' ' x 65_537, @token, @json), 413,
        qr/./, 'a body that is too large');
    my $recording = new_recording();
    my $wrong = post($i, created($recording, file => 'data.ogg'),
        { eventName => 'x' });
    is_problem($wrong, 400, qr/\ARecords\[1\]/, 'the second is wrong');
    is(row($i, $recording, 'id'), undef, 'the first is not taken either');
    return;
}

sub test_keys {
    my ($i) = @_;
    my $recording = new_recording();
    my $prefix = recording_prefix($recording);
    my @foreign = ("$prefix/data.ogg" =~ s/data/data+/r, "$prefix/%",
        "$prefix/%2", "$prefix/data.ogg%00", uc "$prefix/data.ogg",
        "x/$prefix/data.ogg", "$prefix/chunks/1", 'metadata.json', '%2F', '',
        $recording->{recorder} . '/notes/%C3%9Cber+%26+50%25.txt',
        $recording->{recorder} . '%2Fmetadata.json');
    is_taken(post($i, created($recording, key => $_, size => 1)), 0, 1,
        "the key '$_'") for @foreign;
    is_taken(post($i, created($recording, file => 'data.ogg',
        bucket => 'other')), 0, 1, 'another bucket');
    is_taken(post($i, record_of("ObjectCreated:$_", $recording,
        file => 'data.ogg')), 0, 1, $_)
        for qw(PutTagging PutRetention DeleteTagging), 'x' x 1000;
    is_taken(post($i, removed($recording, file => 'data.ogg')), 1, 0,
        'a removal of something unknown');
    is(row($i, $recording, 'id'), undef, 'none of it is in the index');
    is_taken(post($i, created($recording, key => $_ =~
            s/([^A-Za-z])/sprintf '%%%02x', ord $1/ger, size => 5)), 1, 0,
        'every character encoded') for "$prefix/data.ogg";
    is_taken(post($i, created($recording, key => "$prefix/data.flac",
        size => 6), created($recording, key => 'x')), 1, 1, 'none encoded');
    is(row($i, $recording, 'ogg_size, flac_size, start_time, name'),
        '5 6 NULL ', 'a file without metadata is known');
    wait_idle($i);
    is(row($i, $recording, 'ogg_size, metadata_etag, gone_at'),
        '5 NULL NULL', 'there was no metadata to be fetched');
    return;
}

sub test_order {
    my ($i) = @_;
    for my $format (sort keys %FILES) {
        my $recording = new_recording();
        my @columns = ($recording, "${format}_size, ${format}_etag");
        my ($old, $new) = map { created($recording, file => $FILES{$format},
            size => $_, eTag => "e$_") } 1, 2;
        my $gone = removed($recording, file => $FILES{$format});
        my $again = created($recording, file => $FILES{$format}, eTag => 'e0');
        is_taken(post($i, $new), 1, 0, "$format: the newer one first");
        is(row($i, @columns), '2 e2', 'is known');
        post($i, $old);
        is(row($i, @columns), '2 e2', 'and not overwritten by the older one');
        my $known = row($i, $recording, 'known_at');
        post($i, $new);
        is(row($i, $recording, 'known_at'), $known, 'twice is once');
        wait_idle($i);
        post($i, $gone);
        is(row($i, @columns), 'NULL NULL', 'a removal');
        like(row($i, $recording, 'gone_at'), qr/\A2/, 'of the last file');
        post($i, $new);
        is(row($i, @columns), 'NULL NULL', 'is not undone by an older one');
        like(row($i, $recording, 'gone_at'), qr/\A2/, 'it stays gone');
        post($i, $again);
        is(row($i, @columns), '0 e0', 'but by a newer one: an empty file');
        is(row($i, $recording, 'gone_at'), 'NULL', 'it is back');
    }
    wait_idle($i);
    return;
}

sub test_chunks {
    my ($i) = @_;
    my $recording = new_recording();
    my @chunks = map { created($recording, size => 1,
        file => sprintf 'chunks/%016d', $_) } 0 .. 4;
    my $chunks = sub { row($i, $recording, 'chunks') };
    is_taken(post($i, @chunks[2, 0, 1, 1, 2]), 5, 0, 'chunks');
    is($chunks->(), 3, 'are counted once');
    my $newest = row($i, $recording, 'newest_chunk_at');
    post($i, $chunks[0]);
    is(row($i, $recording, 'newest_chunk_at'), $newest, 'the newest stays');
    post($i, $chunks[4]);
    is($chunks->(), 5, 'one that was lost is counted too');
    cmp_ok(row($i, $recording, 'newest_chunk_at'), 'gt', $newest,
        'a newer one is newer');
    wait_idle($i);
    post($i, removed($recording, file => sprintf 'chunks/%016d', 4));
    is($chunks->(), 4, 'the last one is removed');
    post($i, map { removed($recording, file => sprintf 'chunks/%016d', $_) }
        0 .. 3);
    is(row($i, $recording, 'chunks, newest_chunk_at'), '0 NULL', 'all are');
    like(row($i, $recording, 'gone_at'), qr/\A2/, 'nothing is left');
    post($i, $chunks[4]);
    my $huge = new_recording();
    is_taken(post($i, created($huge, file => 'chunks/' . '9' x 16)), 1, 0,
        'a number over all bounds');
    is(row($i, $huge, 'chunks'), 2147483647, 'counts as many');
    wait_idle($i);
    return;
}

# Many at a time are left to few processes.
sub test_burst {
    my ($i) = @_;
    my @token = with($i->env('SETLINK_EVENTS_TOKEN'));
    my $processes = () = $i->log('worker') =~ /event=drained/g;
    my @answers = $i->parallel(map { ['POST', $ROUTE, { Records =>
        [created(new_recording(), file => 'metadata.json')] }, @token] }
        1 .. 60);
    is(scalar(grep { $_->{status} == 200 } @answers), 60,
        'sixty at the same time');
    wait_idle($i);
    $processes = -$processes;
    $processes += () = $i->log('worker') =~ /event=drained/g;
    ok($processes < 30, 'do not start as many processes')
        or diag($processes);
    return;
}

sub tests {
    my ($i) = @_;
    test_access($i);
    test_no_events($i);
    test_keys($i);
    test_order($i);
    test_chunks($i);
    test_burst($i);
    unlike($i->log('worker'), qr/\Q@{[ $i->env('SETLINK_EVENTS_TOKEN') ]}\E/,
        'the token is in no log');
    $i->request('POST', '/api/session-recorder/sync');
    return;
}

1;
