# SPDX-License-Identifier: MIT
# A night for Setlink::Torture, and a request for each route that it answers.
package Setlink::Scene;

use strict;
use warnings;

use Digest::MD5 qw(md5_hex);
use Exporter 'import';
use JSON::PP ();
use Setlink::Http qw(write_json);
use Setlink::Night qw(new_dj new_set start_set end_set new_recording
    link_target);
use Setlink::Recordings qw(recording_objects recording_prefix rfc3339
    uuid_of);

our @EXPORT_OK = qw(make_day make_night route_cases bad_cases);

my $BASE = '/api/session-recorder';
my $HOUR = 3600;

sub call {
    my ($torture, @request) = @_;
    my $answer = $torture->request(@request);
    die "@request[0, 1]: $answer->{status} $answer->{content}\n"
        if $answer->{status} !~ /\A2/;
    return $answer->{json};
}

# Sets of yesterday with recordings, one of them linked, one that could be; DJs
# who wait for a draw, with requests of guests; an admin's token. Returns what
# the requests name.
sub make_day {
    my ($torture) = @_;
    my %scene = (noon => int(time) - 24 * $HOUR);
    chomp($torture->{token} = $torture->must('token', 'create', 'Torture'));
    $torture->hire;
    for my $n (1 .. 3) {
        my $from = $scene{noon} + $n * $HOUR;
        my $recording = new_recording(recorder => uuid_of(0xa1, 1),
            start => $from, end => $from + $HOUR, name => "Room $n");
        push @{ $scene{recordings} }, $recording;
        push @{ $scene{sets} }, new_set($torture, $from, $from + $HOUR,
            room => 'hall');
        $torture->minio->put($Setlink::Torture::BUCKET,
            { recording_objects($recording) });
    }
    $torture->minio->put($Setlink::Torture::BUCKET, {
        uuid_of(0xa1, 1) . '/metadata.json' =>
            write_json({ id => uuid_of(0xa1, 1), name => 'L\u00e4den' }) });
    $torture->must('sync', '--wait', 60);
    call($torture, 'DELETE', "$BASE/link/$scene{sets}[1]");
    $scene{djs} = [map { new_dj($torture, "Waiting $_") } 1 .. 4];
    for my $guest (1, 2) {
        call($torture, 'POST', "/api/djs/$scene{djs}[0]/request", {
            guest_name => "Guest $guest",
            guest_email => "g$guest\@club.example",
            message => "Please,\nplay \"this\"." });
    }
    ($scene{request}) = map { $_->[0] } $torture->query('SELECT LOWER(CONCAT_WS'
        . "('-', SUBSTR(HEX(id), 1, 8), SUBSTR(HEX(id), 9, 4),"
        . ' SUBSTR(HEX(id), 13, 4), SUBSTR(HEX(id), 17, 4),'
        . ' SUBSTR(HEX(id), 21))) FROM guest_requests ORDER BY id LIMIT 1');
    return \%scene;
}

# And an event, of which draws have been made; somebody plays.
sub make_night {
    my ($torture, $scene) = @_;
    $scene->{event} = call($torture, 'POST', '/api/event/start');
    call($torture, 'POST', '/api/lottery/draw') for 1, 2;
    $scene->{playing} = start_set($torture, room => 'hall',
        dj_id => call($torture, 'GET', '/api/lottery/next')->{id});
    $scene->{draw} = call($torture, 'GET', '/api/lottery/draws')->[0]{id};
    $scene->{waiting} = call($torture, 'GET', '/api/lottery/next')->{id};
    return $scene;
}

sub notification {
    my (@objects) = @_;
    return { Records => [map { {
        eventName => 's3:ObjectCreated:Put',
        eventTime => rfc3339(time),
        s3 => {
            bucket => { name => $Setlink::Torture::BUCKET },
            object => { key => $_->[0] =~ s{/}{%2F}gr, size => length $_->[1],
                eTag => md5_hex($_->[1]),
                sequencer => sprintf '%016X', time * 1e9 },
        },
    } } @objects] };
}

# A request that is answered with success for each route, by its method and
# path as Setlink::Routes has it: target and body; then the rest of the case.
my %REQUESTS = (
    'POST /api/djs/register' => sub { ['/api/djs/register',
        { name => "A \xe9 \"new\" one", email => 'new@club.example' },
        REMOTE_ADDR => '192.0.2.1'], changes => 1 },
    'PUT /api/djs/{id}' => sub { ["/api/djs/$_[0]{djs}[0]",
        { name => 'Another', weight => 2.5 }], changes => 1 },
    'DELETE /api/djs/{id}' => sub { ["/api/djs/$_[0]{djs}[0]"], changes => 1 },
    'POST /api/djs/{id}/request' => sub { ["/api/djs/$_[0]{djs}[0]/request",
        { guest_name => 'Guest', guest_email => 'g@club.example',
            message => "Two\nlines" }, REMOTE_ADDR => '192.0.2.1'],
        changes => 1 },
    'POST /api/requests/{id}/approve' => sub {
        ["/api/requests/$_[0]{request}/approve"], changes => 1 },
    'POST /api/requests/{id}/reject' => sub {
        ["/api/requests/$_[0]{request}/reject"], changes => 1 },
    'POST /api/event/start' => sub { ['/api/event/start',
        { slot_duration_minutes => 45 }], changes => 1, day => 1 },
    'POST /api/event/end' => sub { ['/api/event/end'], changes => 1 },
    'POST /api/lottery/draw' => sub { ['/api/lottery/draw'], changes => 1 },
    'GET /api/lottery/draws/{id}' => sub {
        ["/api/lottery/draws/$_[0]{draw}"] },
    'POST /api/lottery/reset' => sub { ['/api/lottery/reset'], changes => 1 },
    'POST /api/sessions/start' => sub { ['/api/sessions/start',
        { dj_id => $_[0]{waiting}, room => 'hall',
            end_current => JSON::PP::true() }], changes => 1 },
    'POST /api/sessions/end' => sub { ['/api/sessions/end',
        { session_id => $_[0]{playing} }], changes => 1 },
    'POST /api/sessions' => sub { ['/api/sessions', {
        dj_id => $_[0]{djs}[1], room => 'cellar',
        started_at => rfc3339($_[0]{noon} + 2 * $HOUR),
        ended_at => rfc3339($_[0]{noon} + 3 * $HOUR) }], changes => 1 },
    'PUT /api/sessions/{id}' => sub { ["/api/sessions/$_[0]{sets}[0]",
        { room => 'roof', started_at => rfc3339($_[0]{noon} + $HOUR + 60) }],
        changes => 1 },
    'PUT /api/admin/djs/{id}' => sub { ["/api/admin/djs/$_[0]{djs}[0]",
        { email => 'other@club.example' }], changes => 1 },
    'PUT /api/admin/djs/{id}/position' => sub {
        ["/api/admin/djs/$_[0]{waiting}/position", { new_position => 1 }] },
    'POST /api/admin/queue/reset' => sub { ['/api/admin/queue/reset'],
        changes => 1 },
    'POST /api/admin/queue/skip' => sub { ['/api/admin/queue/skip',
        { dj_id => $_[0]{waiting} }], changes => 1 },
    'POST /api/admin/sessions/b2b' => sub { ['/api/admin/sessions/b2b',
        { dj_ids => [$_[0]{waiting}, $_[0]{event}{current_dj_id}],
            duration_minutes => 60, room => 'hall',
            end_current => JSON::PP::true() }], changes => 1 },
    "GET $BASE/available-sessions" => sub {
        ["$BASE/available-sessions?presigned=true&limit=2"], fresh => 1 },
    "POST $BASE/link/{session_id}/{recorder_id}/{recorder_session_id}" => sub {
        [link_target($_[0]{sets}[1], $_[0]{recordings}[1]) . '?force=true'],
        changes => 1 },
    "DELETE $BASE/link/{session_id}" => sub { ["$BASE/link/$_[0]{sets}[0]"],
        changes => 1 },
    "POST $BASE/auto-link/{session_id}" => sub {
        ["$BASE/auto-link/$_[0]{sets}[1]"], changes => 1 },
    "GET $BASE/download/{session_id}/{format}" => sub {
        ["$BASE/download/$_[0]{sets}[0]/ogg?redirect=true"] },
    "PUT $BASE/recorders/{recorder_id}" => sub {
        ["$BASE/recorders/" . uuid_of(0xa1, 1),
            { room => 'hall', clock_correction_seconds => 1.5 }],
        changes => 1 },
    "POST $BASE/sync" => sub { ["$BASE/sync"], starts => 1 },
    "POST $BASE/events" => sub { ["$BASE/events",
        notification(map { [recording_prefix($_[0]{recordings}[0]) . "/$_",
            'new'] } qw(data.ogg chunks/0000000000000001)),
        HTTP_AUTHORIZATION => "Bearer $Setlink::Torture::EVENTS_TOKEN"],
        changes => 1, starts => 1 },
    'GET /ready' => sub { ['/ready'], fresh => 1 },
);

# The path with ids of what there is.
sub filled {
    my ($path, $scene) = @_;
    my %id = (
        id          => $path =~ m{/djs/} ? $scene->{djs}[0]
            : $path =~ m{/record|/cue} ? $scene->{recordings}[0]{id}
            : $scene->{sets}[0],
        session_id  => $scene->{sets}[0],
        recorder_id => $scene->{recordings}[0]{recorder},
    );
    return $path =~ s/\{(\w+)\}/$id{$1}/gr;
}

# A case for Setlink::Torture for each of the routes that are given (hashes as
# Setlink::Routes has them): name, request, and the rest.
sub route_cases {
    my ($scene, @routes) = @_;
    return map {
        my $name = "$_->{method} $_->{path}";
        my ($rest, @more) = $REQUESTS{$name} ? $REQUESTS{$name}->($scene)
            : [filled($_->{path}, $scene)];
        { name => $name, request => [$_->{method}, @$rest], @more }
    } @routes;
}

# Requests that are refused.
sub bad_cases {
    my ($scene) = @_;
    my $set = $scene->{sets}[0];
    my @cases = (
        ['no such path', 'GET', '/api/nothing/' . 'x' x 500],
        ['no such method', 'PATCH', '/api/djs'],
        ['a broken path', 'GET', '/api/djs/%zz'],
        ['a DJ that is not there', 'GET', '/api/djs/' . uuid_of(0, 0)],
        ['JSON that is none', 'POST', '/api/djs/register', '{"name":"\ud800"}'],
        ['JSON that is deep', 'POST', '/api/djs/register', '{"a":' . '[' x 99],
        ['a name that is taken', 'POST', '/api/djs/register',
            { name => 'waiting 1' }],
        ['no name', 'POST', '/api/djs/register', { email => 'a@b.example' }],
        ['times in the wrong order', 'POST', '/api/sessions', {
            dj_id => $scene->{djs}[0], started_at => '2026-01-01T00:00:00Z',
            ended_at => '2025-01-01T00:00:00Z' }],
        ['a format that is none', 'GET', "$BASE/download/$set/mp3"],
        ['a recording that is linked', 'POST',
            link_target($scene->{sets}[1], $scene->{recordings}[0])],
        ['a second event', 'POST', '/api/event/start'],
        ['a wrong token', 'GET', '/api/admin/audit', undef,
            HTTP_AUTHORIZATION => 'Bearer wrong'],
        ['events that are none', 'POST', "$BASE/events", { Records => [{}] },
            HTTP_AUTHORIZATION => "Bearer $Setlink::Torture::EVENTS_TOKEN"],
    );
    return map { my ($name, @request) = @$_;
        { name => $name, request => \@request } } @cases;
}

1;
