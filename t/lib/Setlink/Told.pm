# SPDX-License-Identifier: MIT
# Recordings as MinIO's events tell of them, at times that the test says: MinIO's
# own clock cannot be moved, and what a listing tells would be of today. Metadata
# lies in MinIO, where it is fetched from; of files there is no more than an
# event, so that they can be as long as real ones.
package Setlink::Told;

use strict;
use warnings;

use Digest::MD5 qw(md5_hex);
use Exporter 'import';
use Setlink::Recordings qw(recording_objects recording_prefix rfc3339);
use Time::HiRes qw(sleep);

our @EXPORT_OK = qw(metadata_of chunk_of file_of tell seconds_of_raw);

my $CHUNK = 5_376_000;
my $LAST_CHUNK = 5_242_880;
my $BYTES_PER_SECOND = 192_000;
my $count = 0;

my %NAMES = (raw => 'data.raw', ogg => 'data.ogg', flac => 'data.flac',
    waveform => 'waveform.dat', overview => 'overview.png');

# What an object is: time, key, content of what is to be in MinIO or else size.
sub metadata_of {
    my ($at, $recording, %members) = @_;
    my %objects = recording_objects({ %$recording, files => [], %members });
    my ($key) = keys %objects;
    return { at => $at, key => $key, content => $objects{$key} };
}

sub chunk_of {
    my ($at, $recording, $number) = @_;
    return { at => $at, size => $CHUNK, key => sprintf '%s/chunks/%016d',
        recording_prefix($recording), $number };
}

sub file_of {
    my ($at, $recording, $name, $size) = @_;
    return { at => $at, size => $size // 1000,
        key => recording_prefix($recording) . "/$NAMES{$name}" };
}

# The bytes of data.raw of so many chunks, the last one padded or not; how long
# that is.
sub raw_bytes {
    my ($chunks, $padded) = @_;
    return $padded ? ($chunks - 1) * $CHUNK + $LAST_CHUNK : $chunks * $CHUNK;
}

sub seconds_of_raw { return raw_bytes(@_) / $BYTES_PER_SECOND }

sub record_of {
    my ($object) = @_;
    my $etag = defined $object->{content} ? md5_hex($object->{content})
        : md5_hex($object->{key} . $count++);
    return {
        eventVersion => '2.0',
        eventSource  => 'minio:s3',
        eventTime    => rfc3339($object->{at}),
        eventName    => 's3:ObjectCreated:Put',
        s3 => { bucket => { name => 'session-recorder' }, object => {
            key       => $object->{key} =~ s/\//%2F/gr,
            size      => $object->{size} // length $object->{content},
            eTag      => $etag,
            sequencer => sprintf('%X', int($object->{at} * 1e6) * 1000),
        } },
    };
}

# Wait until the process for what is left has ended.
sub wait_idle {
    my ($i) = @_;
    my $busy = 'SELECT (SELECT COUNT(*) FROM events_pending) + (SELECT COUNT(*)'
        . " FROM leases WHERE name = 'events' AND owner IS NOT NULL)";
    for (1 .. 600) {
        return if ($i->query($busy))[0][0] == 0;
        sleep 0.05;
    }
    die "the events are not worked at\n";
}

# It is that time, and these have just been stored, in this order.
sub tell {
    my ($i, $now, @objects) = @_;
    $i->clock_set($now);
    return if !@objects;
    $i->put(map { defined $_->{content} ? ($_->{key} => $_->{content}) : () }
        @objects);
    my $answer = $i->request('POST', '/api/session-recorder/events',
        { Records => [map { record_of($_) } @objects] },
        authorization => 'Bearer ' . $i->env('SETLINK_EVENTS_TOKEN'));
    die "events: $answer->{status} $answer->{content}\n"
        if $answer->{status} != 200;
    wait_idle($i);
    return;
}

1;
