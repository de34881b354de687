# SPDX-License-Identifier: MIT
# MinIO's events: from an upload to the index and the link of a set, without a
# listing; events that come late, twice, wrong or not at all.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use POSIX ();
use Setlink::Command qw(setlink);
use Setlink::Instance;
use Setlink::Minio;
use Setlink::Night qw(new_set get_set new_recording start_set
    end_set);
use Setlink::Process qw(free_port scratch);
use Setlink::Proxy;
use Setlink::Recordings qw(recording_objects recording_prefix);
use Setlink::Relay;
use Test::More;
use Time::HiRes qw(sleep);

my $BUCKET = 'session-recorder';
my $ROUTE  = '/api/session-recorder/events';
my $TOKEN  = 'token-of-the-events';
my $queue  = scratch() . '/queue';

# --- setlink asks MinIO through a proxy that counts, and fails while there is a
# file. Nothing but events refreshes the index.

my $port   = free_port();
my $broken = scratch() . '/broken';
my $proxy  = Setlink::Proxy->start(server => <<"END");
location / {
	if (-f $broken) {
		return 503;
	}
	proxy_pass http://127.0.0.1:$port;
	proxy_set_header Host \$http_host;
}
END
# Events come through another one.
my $down = scratch() . '/down';

my $instance = Setlink::Instance->start(settings => {
    SESSION_RECORDER_MINIO_ENDPOINT   => 'http://' . $proxy->authority,
    SESSION_RECORDER_MINIO_ACCESS_KEY => 'admin',
    SESSION_RECORDER_MINIO_SECRET_KEY => 'password123',
    SESSION_RECORDER_BUCKET_NAME      => $BUCKET,
    SESSION_RECORDER_EVENTS_TOKEN     => $TOKEN,
    SESSION_RECORDER_SYNC_INTERVAL    => 86400,
});
my $web = Setlink::Proxy->start(server => <<"END");
location / {
	if (-f $down) {
		return 503;
	}
	proxy_pass @{[ $instance->url =~ s/localhost/127.0.0.1/r ]};
	proxy_set_header Host \$http_host;
}
END
my $minio = Setlink::Minio->start(port => $port, environment => {
    MINIO_NOTIFY_WEBHOOK_ENABLE_1     => 'on',
    MINIO_NOTIFY_WEBHOOK_ENDPOINT_1   => 'http://' . $web->authority . $ROUTE,
    MINIO_NOTIFY_WEBHOOK_AUTH_TOKEN_1 => $TOKEN,
    MINIO_NOTIFY_WEBHOOK_QUEUE_DIR_1  => $queue,
    MINIO_NOTIFY_WEBHOOK_ENABLE_other   => 'on',
    MINIO_NOTIFY_WEBHOOK_ENDPOINT_other => 'http://127.0.0.1:9/',
    MINIO_NOTIFY_WEBHOOK_QUEUE_DIR_other => "$queue-other",
});
$minio->make_bucket($BUCKET);
$instance->sync;

sub query { return $instance->query($_[0]) }

# Wait until `look` returns what is wanted; returns what it returned last.
sub eventually {
    my ($look, $want, $name) = @_;
    my $got;
    for (1 .. 600) {
        $got = $look->();
        return pass($name) if ($got // 'undef') eq ($want // 'undef');
        sleep 0.1;
    }
    return is($got, $want, $name);
}

# Columns of a recording's row, joined by blanks.
sub row {
    my ($recording, $columns) = @_;
    my $id = $recording->{id} =~ s/-//gr;
    my ($row) = query("SELECT $columns FROM recordings WHERE id = 0x$id");
    return $row && join ' ', @$row;
}

sub store { $minio->put($BUCKET, {@_}); return }

# A refresh that finds the index as the events have left it.
sub is_in_sync {
    my ($name, $want) = @_;
    my ($status, $out, $err) = $instance->command('sync');
    $want //= '0 added, 0 changed, 0 gone';
    is($status, 0, "$name: a refresh") or diag($err);
    like($out, qr/ recordings: $want, /,
        "$name: what it has found");
    return;
}

# The process for what is left has done it.
sub is_idle {
    eventually(sub {
        (query('SELECT (SELECT COUNT(*) FROM events_pending) + (SELECT'
            . " COUNT(*) FROM leases WHERE name = 'events' AND owner IS NOT"
            . ' NULL AND until_at > UTC_TIMESTAMP(6))'))[0][0];
    }, 0, $_[0]);
    return;
}

# --- Setting MinIO up.

sub events_setup {
    my ($environment, @args) = @_;
    local %ENV = (%ENV, %$environment);
    my $file = "$instance->{dir}/state/setlink.env";
    my ($status, $out, $err) = setlink({ SETLINK_ENV_FILE => $file,
        %$environment }, 'events', 'setup', @args);
    return "$status $out$err";
}

my %ROOT = (SETLINK_MINIO_ADMIN_ACCESS_KEY => 'admin',
    SETLINK_MINIO_ADMIN_SECRET_KEY => 'password123');

sub configuration {
    return ($minio->requests(['GET', $BUCKET, '', '', ['notification', '']]))[0];
}

subtest 'setlink events setup' => sub {
    like(events_setup({}), qr/\A1 setlink: set SETLINK_MINIO_ADMIN_ACCESS_KEY/,
        'without credentials');
    like(events_setup({ %ROOT, SETLINK_MINIO_ADMIN_SECRET_KEY => 'wrong' }),
        qr/\A1 setlink: .*SignatureDoesNotMatch/, 'with wrong ones');
    like(events_setup(\%ROOT, '--webhook', 'none'),
        qr/\A1 setlink: MinIO knows no webhook none .*ENABLE_none=on/,
        'a webhook that MinIO does not have');
    like(events_setup(\%ROOT, @$_), qr/\A64 setlink: usage: setlink events /,
        "@$_ is refused")
        for ['--webhook', ''], ['--webhook', 'a b'], ['--webhook'], ['1'],
            ['--webhook', 'x' x 65];
    like((setlink({}, 'events', @$_))[2], qr/\Asetlink: usage: setlink events /,
        "events @$_ is refused") for [], ['x'], ['drain', 'x'],
            ['drain', '--lease', 'x'];
    $minio->requests(['PUT', $BUCKET, '', '<NotificationConfiguration xmlns='
        . '"http://s3.amazonaws.com/doc/2006-03-01/"><QueueConfiguration>'
        . '<Id>mine</Id><Queue>arn:minio:sqs::other:webhook</Queue>'
        . '<Event>s3:ObjectCreated:*</Event><Filter><S3Key><FilterRule>'
        . '<Name>prefix</Name><Value>elsewhere/</Value></FilterRule></S3Key>'
        . '</Filter></QueueConfiguration></NotificationConfiguration>',
        ['notification', '']]);
    like(join('', $instance->command('check')),
        qr/^FAIL  events .*sends none/m, 'check says that MinIO sends none');
    is(events_setup(\%ROOT), "0 MinIO now sends the events of $BUCKET to"
        . " webhook 1\n", 'MinIO is set up');
    my $xml = configuration();
    like($xml, qr/sqs:[^:]*:1:webhook/, 'it sends to us');
    like($xml, qr/:other:webhook.*elsewhere|elsewhere.*:other:webhook/s,
        'and elsewhere as before');
    is(events_setup(\%ROOT), "0 MinIO sends the events of $BUCKET to"
        . " webhook 1\n", 'once more');
    is(configuration(), $xml, 'nothing has changed');

    like(join('', $instance->command('check')),
        qr/^ok    events .*sqs:[^:]*:1:webhook; none has arrived yet$/m,
        'check says so');
};

# --- A set and its recording.

# Requests that setlink has sent to MinIO since the last call, once that many
# are in the log.
my $seen = 0;

sub requests_since {
    my ($want) = @_;
    my @requests;
    for (1 .. 100) {
        @requests = $proxy->requests;
        last if @requests - $seen >= $want;
        sleep 0.05;
    }
    my @new = @requests[$seen .. $#requests];
    $seen = @requests;
    return \@new;
}

# The recording that a set is linked to.
sub linked_to {
    my ($set) = @_;
    my $id = $set =~ s/-//gr;
    my ($row) = query('SELECT LOWER(HEX(recording_id)) FROM'
        . " session_recordings WHERE session_id = 0x$id AND part = 1");
    return $row && $row->[0] =~
        s/\A(.{8})(.{4})(.{4})(.{4})(.{12})\z/$1-$2-$3-$4-$5/r;
}

sub upload_status { return get_set($instance, $_[0])->{upload_status} }

subtest 'a recording that seemed lost' => sub {
    my $start = time - 5000;
    my $set = new_set($instance, $start, $start + 4000);
    my $recording = new_recording(start => $start);
    store(recording_objects($recording));
    eventually(sub { (row($recording, 'start_time') // 'NULL') ne 'NULL' }, 1,
        'without chunks');
    is_idle('nothing is left');
    is(linked_to($set), undef, 'the set is not linked');
    requests_since(0);
    store(recording_objects({ %$recording, start => undef, chunks => 1 }));
    eventually(sub { linked_to($set) }, $recording->{id},
        'the first chunk shows that it is not lost');
    is_idle('nothing is left');
    is_deeply(requests_since(0), [], 'nothing had to be fetched for that');
    is_in_sync('after that');
};

subtest 'from the upload to the link' => sub {
    my $now = time;
    # The recording above goes on: its recorder is in another room.
    $instance->query("UPDATE recorders SET room = 'Bar'");
    my $set = new_set($instance, $now - 40);
    my $recording = new_recording(start => $now - 30);
    my %open = recording_objects($recording);
    requests_since(0);
    store(%open);
    eventually(sub { linked_to($set) },
        $recording->{id}, 'the set is linked');
    is_idle('nothing is left');
    is_deeply(requests_since(1), ['GET 200'], 'it took one GET');
    is(row($recording, 'start_time, is_closed, ogg_size'),
        POSIX::strftime('%Y-%m-%d %H:%M:%S.000000 0 NULL',
            gmtime $now - 30), 'the index has it');

    my %chunks = recording_objects({ %$recording, start => undef,
        chunks => 3 });
    store(%chunks);
    eventually(sub { row($recording, 'chunks') }, 3, 'chunks are counted');
    is_in_sync('an open recording');

    end_set($instance, $set);
    is(upload_status($set), 'processing', 'the set waits for files');
    my $closed = { %$recording, end => $now };
    my %closed = recording_objects($closed);
    requests_since(0);
    store(%closed);
    eventually(sub { row($recording, 'is_closed, ogg_size, flac_size,'
        . ' waveform_size, overview_size') },
        join(' ', 1, map { length "$_ of $recording->{id}" }
            qw(ogg flac waveform overview)), 'files and the end are known');
    is_idle('nothing is left');
    is_deeply(requests_since(1), ['GET 200'], 'it took one GET');
    is(upload_status($set), 'uploaded', 'the set is uploaded');
    is(row($recording, 'audio_due'), 1, 'the waveform is to be read');
    $minio->remove($BUCKET, sort keys %chunks);
    eventually(sub { row($recording, 'chunks, newest_chunk_at IS NULL') },
        '0 1', 'the chunks are gone');
    is_in_sync('a closed recording');
    is(row($recording, 'audio_due'), 'NULL', 'the waveform was read');
    is_deeply([query('SELECT recordings, bytes > 0, changes - counted FROM'
        . ' recorders WHERE id = 0x' . $recording->{recorder} =~ s/-//gr)],
        [[1, 1, 0]], 'its recorder is known, and counted');
    like(join('', $instance->command('check')),
        qr/^ok    events .*; the last one arrived about 2/m, 'check says so');

    $minio->remove($BUCKET, sort keys %closed);
    eventually(sub { row($recording, 'gone_at IS NOT NULL') }, 1,
        'all is removed: it is gone');
    is_idle('nothing is left');
    is_in_sync('a recording that is gone');
    store(%closed);
    eventually(sub { row($recording, 'gone_at IS NULL, is_closed,'
        . ' ogg_size IS NULL, metadata_etag IS NULL') }, '1 1 0 0',
        'it comes back');
    is_idle('nothing is left');
    is_in_sync('a recording that is back');
};

# --- When something is down.

sub fail_while {
    my ($path) = @_;
    open my $file, '>', $path or die "$path: $!\n";
    close $file or die "$path: $!\n";
    return;
}

sub come_up { unlink $_[0] or die "$_[0]: $!\n"; return }

subtest 'workers down, MinIO started again' => sub {
    my $start = time - 7200;
    my $set = new_set($instance, $start, $start + 3000);
    my $one = new_recording(start => $start + 10, end => $start + 1000);
    my $two = new_recording(recorder => $one->{recorder},
        start => $start + 1500, end => $start + 2500);
    fail_while($down);
    my $refused = grep { / 503/ } $web->requests;
    store(recording_objects($one));
    eventually(sub { (grep { / 503/ } $web->requests) > $refused }, 1,
        'MinIO tries in vain');
    is(row($one, 'id'), undef, 'nothing is known');
    $minio->stop;
    $minio->start_again;
    store(recording_objects($two));
    come_up($down);
    eventually(sub { linked_to($set) }, $one->{id}, 'the set is linked');
    for my $recording ($one, $two) {
        eventually(sub { row($recording, 'is_closed, ogg_size IS NULL,'
            . ' flac_size IS NULL, waveform_size IS NULL,'
            . ' overview_size IS NULL') }, '1 0 0 0 0', 'all is known');
    }
    eventually(sub { (query('SELECT COUNT(*) FROM session_recordings WHERE'
        . ' session_id = 0x' . $set =~ s/-//gr))[0][0] }, 2,
        'the second part too');
    is_idle('nothing is left');
    is_in_sync('after that');
    is(upload_status($set), 'uploaded', 'the set is uploaded');
};

subtest 'metadata that cannot be fetched' => sub {
    my $recording = new_recording(start => time - 90_000, end => time - 89_000);
    fail_while($broken);
    store(recording_objects($recording));
    eventually(sub { row($recording, 'ogg_size IS NULL, flac_size IS NULL,'
        . ' waveform_size IS NULL, overview_size IS NULL') }, '0 0 0 0',
        'the files are known');
    is_idle('nothing is tried for ever');
    like($instance->log('worker'), qr/event=not_fetched .*503/, 'it is logged');
    is(row($recording, 'start_time'), 'NULL', 'the metadata is not known');
    come_up($broken);
    is_in_sync('later', '0 added, 1 changed, 0 gone');
    is(row($recording, 'is_closed'), 1, 'now it is');
    is_in_sync('once more');
};

subtest 'deletions of which MinIO tells nothing' => sub {
    my $recording = new_recording(start => time - 100_000, end => time - 99_000,
        chunks => 2);
    store(recording_objects($recording));
    eventually(sub { row($recording, 'is_closed, ogg_size IS NULL, chunks') },
        '1 0 2', 'a recording');
    is_idle('nothing is left');
    my $prefix = recording_prefix($recording);
    $minio->requests(['DELETE', $BUCKET, "$prefix/chunks/", '', [],
        { 'x-minio-force-delete' => 'true' }]);
    is_in_sync('its chunks', '0 added, 1 changed, 0 gone');
    is(row($recording, 'chunks, newest_chunk_at'), '0 NULL', 'are gone');
    $minio->requests(['DELETE', $BUCKET, "$prefix/", '', [],
        { 'x-minio-force-delete' => 'true' }]);
    is_in_sync('all of it', '0 added, 0 changed, 1 gone');
    is_in_sync('once more');
    my $late = { %$recording, files => ['ogg'], chunks => 0 };
    store(recording_objects($late));
    eventually(sub { row($late, 'gone_at, ogg_size IS NULL, flac_size') },
        'NULL 0 NULL', 'it comes back with what there is');
    eventually(sub { row($late, 'metadata_etag IS NULL, is_closed') }, '0 1',
        'and with its metadata');
    is_idle('nothing is left');
    is_in_sync('after that');
};

# --- A refresh that has listed the bucket before an event came.

subtest 'an event during a refresh' => sub {
    my $start = time - 200_000;
    my $before = new_recording(start => $start, end => $start + 100,
        files => ['ogg']);
    store(recording_objects($before));
    eventually(sub { row($before, 'start_time IS NULL, ogg_size IS NULL') },
        '0 0', 'a recording');
    is_idle('nothing is left');
    my $new = new_recording(start => $start, end => $start + 100);
    my $relay = Setlink::Relay->start($port, sub { 1 }, sub {
        return if $_[0] !~ /ListBucketResult/;
        store(recording_objects($new), recording_prefix($before)
            . '/data.flac' => 'later');
        for (1 .. 600) {
            last if (row($new, 'start_time') // 'NULL') ne 'NULL'
                && row($before, 'flac_size') ne 'NULL';
            sleep 0.1;
        }
    });
    my ($status, $out, $err) = setlink({ SETLINK_ENV_FILE =>
            "$instance->{dir}/state/setlink.env",
        SESSION_RECORDER_MINIO_ENDPOINT => 'http://' . $relay->authority },
        'sync');
    is("$status$err", '0', 'the refresh');
    like($out, qr/ 0 gone,/, 'does not take the new recording for gone');
    is(row($new, 'gone_at, is_closed, start_time IS NULL'), 'NULL 1 0',
        'and does not write over what is newer');
    is(row($before, 'flac_size'), 5, 'a new file stays, too');
    $relay->stop;
    is_idle('nothing is left');
    is_in_sync('the next refresh');
};

# --- What a process that was killed has left.

subtest 'a refresh does what is left' => sub {
    my $recording = new_recording(start => time - 250_000,
        end => time - 249_000);
    store(recording_objects($recording));
    eventually(sub { row($recording, 'is_closed') }, 1, 'a recording');
    is_idle('nothing is left');
    my $id = '0x' . $recording->{id} =~ s/-//gr;
    query("UPDATE recordings SET is_closed = 0 WHERE id = $id");
    query('INSERT INTO events_pending (recorder_id, recording_id, look)'
        . " SELECT recorder_id, id, 1 FROM recordings WHERE id = $id");
    is_in_sync('what nobody is at');
    is(row($recording, 'is_closed'), 1, 'its metadata is read');
    is((query('SELECT COUNT(*) FROM events_pending'))[0][0], 0,
        'nothing is left');
    query("UPDATE leases SET owner = UNHEX(REPEAT('ab', 16)), until_at ="
        . " UTC_TIMESTAMP(6) + INTERVAL 1 HOUR WHERE name = 'events'");
    query('INSERT INTO events_pending (recorder_id, recording_id, look)'
        . " SELECT recorder_id, id, 1 FROM recordings WHERE id = $id");
    is_in_sync('what another process is at');
    is((query('SELECT COUNT(*) FROM events_pending'))[0][0], 1,
        'is left to that');
    query("UPDATE leases SET owner = NULL WHERE name = 'events'");
    is_in_sync('what is free again');
    is_idle('is done');
};

# --- Versions. (A bucket that has them keeps them.)

sub versions {
    my ($key) = @_;
    my ($xml) = $minio->requests(
        ['GET', $BUCKET, '', '', ['versions', '', 'prefix', $key]]);
    return map { [/<(Version|DeleteMarker)>/, /<VersionId>([^<]+)</] }
        grep { /<VersionId>/ } split /(?=<Version>|<DeleteMarker>)/, $xml;
}

subtest 'versions' => sub {
    $minio->requests(['PUT', $BUCKET, '', '<VersioningConfiguration xmlns='
        . '"http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status>'
        . '</VersioningConfiguration>', ['versioning', '']]);
    my $recording = new_recording(start => time - 300_000,
        end => time - 299_000);
    my $key = recording_prefix($recording) . '/data.ogg';
    my $ogg = sub { row($recording, 'ogg_size') };
    store(recording_objects($recording));
    eventually(sub { row($recording, 'is_closed, ogg_size IS NULL,'
        . ' flac_size IS NULL, waveform_size IS NULL,'
        . ' overview_size IS NULL') }, '1 0 0 0 0', 'a recording');
    is(row($recording, 'ogg_changed_at'), 'NULL', 'nothing was replaced');
    store($key => 'longer than the one before, to be seen');
    eventually($ogg, 38, 'a new version');
    is_idle('nothing is left');
    isnt(row($recording, 'ogg_changed_at'), 'NULL', 'the OGG is another one');
    my $changed = row($recording, 'ogg_changed_at');
    store($key => 'a third one');
    eventually($ogg, 11, 'and another one');
    isnt(row($recording, 'ogg_changed_at'), $changed, 'is one more change');
    $changed = row($recording, 'ogg_changed_at');
    my ($third) = map { $_->[1] } versions($key);
    $minio->requests(['DELETE', $BUCKET, $key, '', ['versionId', $third]]);
    eventually($ogg, 38, 'it is deleted: the one before is seen again');
    is_idle('nothing is left');
    isnt(row($recording, 'ogg_changed_at'), $changed,
        'which is a change, too');
    my ($new, $old) = map { $_->[1] } versions($key);
    $minio->requests(['DELETE', $BUCKET, $key, '', ['versionId', $old]]);
    $minio->remove($BUCKET, $key);
    eventually($ogg, 'NULL', 'it is deleted');
    is_idle('nothing is left');
    my ($marker) = map { $_->[1] } grep { $_->[0] eq 'DeleteMarker' }
        versions($key);
    $minio->requests(['DELETE', $BUCKET, $key, '', ['versionId', $marker]]);
    eventually($ogg, 38, 'and is not: the marker is deleted');
    is_idle('nothing is left');
    is_in_sync('versions');
    $minio->remove($BUCKET, sort keys %{ { recording_objects($recording) } });
    eventually(sub { row($recording, 'gone_at IS NOT NULL') }, 1,
        'all is deleted');
    is_idle('nothing is left');
    is_in_sync('the last of it');
};

$instance->stop;
$instance->is_clean;

# --- As the quickstart sets it up.

subtest 'quickstart' => sub {
    my $own = Setlink::Instance->start(events => 1,
        settings => { SESSION_RECORDER_SYNC_INTERVAL => 86400 });
    my $token = $own->env('SETLINK_EVENTS_TOKEN');
    ok(length $token >= 32, 'there is a token');
    is($own->env('SESSION_RECORDER_EVENTS_TOKEN'), $token, 'in the settings');
    my $set = start_set($own);
    my $recording = new_recording(start => time - 1, chunks => 1);
    $own->put(recording_objects($recording));
    my $links = 'SELECT COUNT(*) FROM session_recordings';
    eventually(sub { ($own->query($links))[0][0] }, 1, 'the set is linked');
    like(join('', $own->command('check')),
        qr/^ok    events .*sends them.*; the last one arrived/m,
        'check says that all is well');
    my $arguments = join ' ', map { Setlink::Instance::slurp($_) }
        glob '/proc/[0-9]*/cmdline';
    unlike($arguments, qr/\Q$token\E/, 'the token is in no process list');
    $own->stop;
    $own->is_clean;
};

done_testing();
