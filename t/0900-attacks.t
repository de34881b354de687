# SPDX-License-Identifier: MIT
# Attacks by what is said in a request, stored in the bucket or written to the
# database: doc/threats.md has the table of them.
use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/lib";
use HTTP::Tiny;
use IO::Select;
use IO::Socket::INET;
use Setlink::FastCGI;
use Setlink::Http qw(write_json);
use Setlink::Instance;
use Setlink::Night qw(must new_dj new_set new_recording);
use Setlink::Recordings qw(recording_objects recording_prefix rfc3339 uuid_of);
use Setlink::Routes qw(all_routes declared_routes);
use Setlink::Shape qw(is_status is_problem);
use Test::More;

binmode $_, ':encoding(UTF-8)' for Test::More->builder->output,
    Test::More->builder->failure_output;

my $HOUR = 3600;
my $RECORDER = '/api/session-recorder';
my $instance = Setlink::Instance->start(settings => {
    SETLINK_LOG                    => 'debug',
    SESSION_RECORDER_SYNC_INTERVAL => 3600,
});
# A worker of the same instance without a web server, which would refuse some
# attacks by itself.
my $worker = Setlink::FastCGI->start(
    SETLINK_ENV_FILE => "$instance->{dir}/state/setlink.env");

sub bytes_of {
    my ($text) = @_;
    utf8::encode($text);
    return $text;
}

sub encoded {
    my ($text) = @_;
    utf8::encode($text) if utf8::is_utf8($text);
    return $text =~ s/([^A-Za-z0-9])/sprintf '%%%02X', ord $1/ger;
}

sub ask { return $worker->ask(@_) }

# Values that are right, by the types of parameters.
my %RIGHT = (
    UUID    => uuid_of(0, 0),
    UUIDS   => [uuid_of(0, 1), uuid_of(0, 2)],
    INTEGER => 1,
    DECIMAL => 1,
    BOOL    => JSON::PP::true(),
    TIME    => '2026-01-01T00:00:00Z',
    NAME    => 'x',
    TEXT    => 'x',
    EMAIL   => 'x@x.example',
);

# A request of a route with this text as one of its parameters, in a certain
# place, and right values elsewhere.
sub ask_with {
    my ($route, $name, $place, $text) = @_;
    my ($path, @query, %body) = ($route->{path});
    for my $parameter (@{ $route->{parameters} }) {
        my $is_it = $parameter->{name} eq $name;
        my $value = $is_it ? $text : $parameter->{choices}[0]
            // $RIGHT{ $parameter->{type} } // next;
        my ($in) = $is_it ? $place : @{ $parameter->{in} };
        $body{ $parameter->{name} } = $value if $in eq 'BODY';
        $value = 'true' if JSON::PP::is_bool($value);
        push @query, "$parameter->{name}=" . encoded($value) if $in eq 'QUERY';
        $path =~ s/\{\Q$parameter->{name}\E\}/encoded($value)/e
            if $in eq 'PATH';
    }
    return ask($route->{method}, join('?', $path, join '&', @query),
        %body ? write_json(\%body) : undef);
}

# All tables but those that say what has run, with their checksums.
sub tables {
    my @names = map { $_->[0] } $instance->query('SHOW TABLES');
    return join "\n", map { join ' ', @$_ } $instance->query(
        'CHECKSUM TABLE ' . join ', ', grep { !/\A(?:leases|sync_state)\z/ }
            @names);
}

sub columns {
    return join "\n", map { join ' ', @$_ } $instance->query(
        'SELECT table_name, column_name, column_type'
            . ' FROM information_schema.columns WHERE table_schema ='
            . ' DATABASE() ORDER BY 1, 2');
}

my @SQL = (
    q(' OR '1'='1), q('; DROP TABLE djs; -- ), q(" OR ""="),
    q(1 UNION SELECT seed FROM draws), q('\) OR SLEEP(60)#),
    q(\\'; DELETE FROM sessions; #), q(%' AND 1=0 UNION ALL SELECT 1-- -),
    q(0 OR 1=1), q(`id`), q(?), q(/*!50000 OR 1*/), q(${x}), q(@@version),
);

# Texts of any kind; the others are refused.
my %IS_TEXT = map { $_ => 1 } qw(NAME TEXT EMAIL);

subtest 'SQL in every parameter' => sub {
    my @routes = declared_routes();
    is_deeply([sort map { "$_->{method} $_->{path}" } @routes],
        [sort map { "$_->{method} $_->{path}" } all_routes()],
        'the parameters of all routes are known');
    my ($before, $sent, @texts) = (tables(), 0);
    for my $route (@routes) {
        for my $parameter (@{ $route->{parameters} }) {
            my @case = ($route, $parameter->{name});
            my $name = "$parameter->{name} of $route->{method} $route->{path}";
            push @texts, [@case, 'BODY'] and next
                if $IS_TEXT{ $parameter->{type} };
            for my $place (@{ $parameter->{in} }) {
                my @answers = map { ask_with(@case, $place, $_) } @SQL;
                # Whose list it is is asked before where it goes on.
                my @wrong = grep { "$_->{status} $_->{json}{detail}" !~
                    /\A400 $parameter->{name}: |\A404 there is no such DJ/ }
                    @answers;
                is(scalar @wrong, 0, "$name, \L$place") or diag(
                    map { "$_->{status} $_->{content}\n" } @wrong);
                $sent += @answers;
            }
        }
    }
    cmp_ok($sent, '>', 500, 'many were sent');
    is(tables(), $before, 'and no row has changed');
    for my $case (@texts) {
        my @answers = map { ask_with(@$case, $_) } @SQL;
        is(scalar(grep { $_->{status} >= 500 } @answers), 0,
            "$case->[1] of $case->[0]{method} $case->[0]{path} may be that");
    }
    $instance->query("DELETE FROM $_") for 'djs', 'pool_entries';
};

# The table column that has this text, and how often.
sub stored {
    my ($table, $column, $text) = @_;
    my $hex = unpack 'H*', bytes_of($text);
    return ($instance->query("SELECT COUNT(*) FROM $table WHERE"
            . " CAST($column AS BINARY) = UNHEX('$hex')"))[0][0];
}

# Addresses of all GET routes, for what there is.
sub all_targets {
    my %id = (
        '{session_id}'  => 'SELECT MAX(session_id) FROM session_recordings',
        '{recorder_id}' =>
            'SELECT MAX(recorder_id) FROM session_recordings',
        '/api/sessions/{id}' =>
            'SELECT MAX(session_id) FROM session_recordings',
        '/api/djs/{id}'      => 'SELECT MAX(dj_id) FROM guest_requests',
        '/api/lottery/draws/{id}' =>
            'SELECT MAX(id) FROM draws WHERE drawn_at IS NOT NULL',
        '{recorder_id}/{id}' =>
            'SELECT MAX(recording_id) FROM session_recordings',
    );
    $_ = ($instance->query("SELECT LOWER(HEX(($_)))"))[0][0] for values %id;
    s/\A(.{8})(....)(....)(....)(.{12})\z/$1-$2-$3-$4-$5/ for values %id;
    my @targets;
    for my $route (grep { $_->{method} eq 'GET' } declared_routes()) {
        my $path = $route->{path};
        $path =~ s/\{id\}/$id{'{recorder_id}\/{id}'}/
            if $path =~ /\{recorder_id\}/;
        $path =~ s/(\{(?:session|recorder)_id\})/$id{$1}/g;
        $path =~ s/\{format\}/ogg/;
        for my $pattern (grep { /\A\// } keys %id) {
            my $with = $pattern =~ s/\{id\}/$id{$pattern}/r;
            $path =~ s/\A\Q$pattern\E/$with/;
        }
        push @targets, $path;
        push @targets, "$path?format=csv"
            if grep { "@{ $_->{choices} }" eq 'json csv' }
                @{ $route->{parameters} };
    }
    return @targets;
}

my @HTML = ('<script>alert(1)</script>', '"><img src=x onerror=alert(1)>',
    "</title><svg onload='alert(1)'>", 'javascript:alert(1)//');

# A night whose DJs, rooms, guests, recorders and recordings have this name.
sub night_of {
    my ($text, $begin) = @_;
    my $dj = new_dj($instance, $text);
    my $mate = new_dj($instance);
    must($instance, 'POST', '/api/lottery/draw');
    must($instance, 'PUT', "/api/djs/$dj", { name => $text,
        email => "o'neil\"--\@x.example" });
    must($instance, 'POST', "/api/djs/$dj/request", { guest_name => $text,
        guest_email => "'--\@x.example", message => "$text\n$text" });
    my $recording = new_recording(start => $begin, end => $begin + $HOUR,
        name => $text);
    $instance->put(recording_objects($recording),
        "$recording->{recorder}/metadata.json" => write_json({
            id => $recording->{recorder}, name => $text }));
    $instance->sync;
    must($instance, 'PUT', "$RECORDER/recorders/$recording->{recorder}",
        { room => $text });
    my $set = new_set($instance, $begin, $begin + $HOUR, dj_id => $dj,
        room => $text);
    must($instance, 'POST', "$RECORDER/auto-link/$set");
    must($instance, 'POST', '/api/sessions/start', { dj_id => $mate,
        room => $text });
    must($instance, 'POST', '/api/sessions/start', { dj_id => $dj,
        room => $text, end_current => JSON::PP::true() });
    must($instance, 'POST', '/api/sessions/end?session_id=' . must($instance,
        'GET', '/api/sessions/current')->{id});
    must($instance, 'POST', '/api/admin/sessions/b2b', { dj_ids => [$dj, $mate],
        duration_minutes => 5, room => $text });
    return;
}

# Whether an answer can only be taken for what it is.
sub wrong_type {
    my ($answer) = @_;
    my %header = %{ $answer->{headers} };
    return 'no nosniff' if ($header{'x-content-type-options'} // '')
        ne 'nosniff';
    return '' if $answer->{status} == 204;
    return ($header{'content-type'} // 'no type')
        =~ m{\A(?:application/(?:problem\+)?json|application/x-cue
            |text/csv;\ charset=utf-8;\ header=present
            |text/plain;\ version=0\.0\.4;\ charset=utf-8)\z}x
        ? '' : "the type $header{'content-type'}";
}

subtest 'SQL and HTML in stored names' => sub {
    my $columns = columns();
    my @texts = (@SQL[0, 1, 4, 5, 6], @HTML[0 .. 2],
        "\x{bf}' OR 1=1 -- \x{bf}\x{27}");
    my $begin = int(time) - 40 * $HOUR;
    must($instance, 'POST', '/api/event/start', {});
    night_of($texts[$_], $begin + 2 * $_ * $HOUR) for 0 .. $#texts;
    for my $text (@texts) {
        my $name = $text =~ s/\s+\z//r;
        is(stored(@$_, $name), $_->[0] eq 'sessions' ? 4 : 1,
            "$text as $_->[1] of $_->[0]")
            for ['djs', 'name'], ['guest_requests', 'guest_name'],
                ['recorders', 'room'], ['sessions', 'room'];
        is(stored($_, 'name', $text), 1, "and in the bucket, of $_")
            for 'recordings', 'recorders';
    }
    my @targets = all_targets();
    cmp_ok(scalar @targets, '>', 30, 'all lists are read');
    for my $target (@targets) {
        my $answer = $instance->request('GET', $target);
        is_status($answer, 200, $target);
        is(wrong_type($answer), '', 'is nothing that a browser runs');
    }
    is(columns(), $columns, 'the tables are what they were');
    cmp_ok(($instance->query('SELECT COUNT(*) FROM draws WHERE drawn_at IS NOT'
        . ' NULL'))[0][0], '>=', scalar @texts, 'and what was drawn is there');
};

subtest 'types of refusals' => sub {
    for (['GET', '/<script>'], ['GET', '/%3Cscript%3E'], ['PATCH', '/health'],
        ['GET', "/api/djs?limit=$HTML[0]"], ['TRACE', '/health'],
        ['POST', '/api/djs/register', $HTML[0]], ['GET', '/%'], ['GET', ''],
        ['OPTIONS', '/health'], ['GET', '/' . 'x' x 40_000], ['x y', '/'],
        ['POST', '/api/djs/register', 'x' x 70_000]) {
        my $answer = $instance->request(@$_);
        is(wrong_type($answer), '', "$_->[0] " . substr $_->[1], 0, 30);
    }
};

# A set with a recording, whose DJ somebody renames in the database.
my $named;

sub rename_dj {
    my ($bytes) = @_;
    my $begin = int(time) - 100 * $HOUR;
    if (!$named) {
        $instance->record(my $recording = new_recording(start => $begin,
            end => $begin + $HOUR));
        my $dj = new_dj($instance, 'Renamed');
        $named = { %$recording, dj => $dj, set => new_set($instance, $begin,
            $begin + $HOUR, dj_id => $dj) };
    }
    my $hex = unpack 'H*', $bytes;
    $instance->query("UPDATE djs SET name = CONVERT(UNHEX('$hex') USING"
        . " utf8mb4) WHERE id = UNHEX('" . ($named->{dj} =~ tr/-//dr) . "')");
    return;
}

my @NAMES = ("../../etc/passwd", "..\\..\\boot.ini", "\r\nX-Evil: yes\r\n\r\n",
    "x\"; filename=\"evil.exe", "x'; filename*=UTF-8''evil.exe", "%2e%2e%2f",
    "\e]0;title\a\e[2J", "fdp.\x{202e}ggo.exe", "a\x{2028}b\x{2029}c",
    "\x{85}X-Evil: yes", "\x{feff}x\x{200b}y", ".bashrc", "a\tb\x{7f}c",
    "\x{1f3a7}" x 100, "TRACK 02 AUDIO\r\n    FILE \"/etc/passwd\" WAVE");
my $VISIBLE = qr/[^\x00-\x1f\x7f-\x9f\x{200b}\x{2028}-\x{202e}\x{feff}]/;

sub is_safe_name {
    my ($disposition, $text) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($plain, $encoded) = $disposition =~ /\Aattachment;
        \ filename="([\ !#-.0-9;=@-\[\]-{}~]+\.(?:ogg|cue))"
        (?:;\ filename\*=UTF-8''([\w.~%-]+\.(?:ogg|cue)))?\z/ax
        or return fail("$text: $disposition");
    my $name = ($encoded // $plain) =~ s/%([0-9A-F]{2})/chr hex $1/ger;
    ok(utf8::decode($name), 'is UTF-8');
    return like($name, qr/\A(?![.])(?:(?![\/\\:*?"<>|%])$VISIBLE){1,80}\z/,
        'and a name of a file');
}

subtest 'names of files' => sub {
    my $http = HTTP::Tiny->new(max_redirect => 0);
    for my $text (@NAMES) {
        rename_dj(bytes_of($text));
        my $download = must($instance, 'GET', "$RECORDER/download/"
            . "$named->{set}/ogg");
        my $file = $http->get($download->{url});
        is($file->{status}, 200, 'a file under another name');
        is($file->{headers}{'x-evil'}, undef, 'without another header');
        is_safe_name($file->{headers}{'content-disposition'}, $text);
        my $cue = $instance->request('GET',
            "$RECORDER/cue/$named->{recorder}/$named->{id}");
        is_safe_name($cue->{headers}{'content-disposition'}, $text);
        my @lines = split /\r\n/, $cue->{content}, -1;
        is(join(' ', map { /\A *(\w+ ?(?:DATE|COMMENT)?)/ } @lines),
            'REM DATE REM COMMENT TITLE  FILE  TRACK  TITLE  PERFORMER  INDEX ',
            'a CUE sheet has the lines that it is to have');
        like($lines[3], qr/\AFILE "(?![.])[^\/\\"]+\.ogg" WAVE\z/,
            'and the name of a file beside it');
    }
};

# Whether each address in an answer is one of a recording's in our bucket, or
# of setlink itself.
sub foreign_urls {
    my ($content) = @_;
    my $bucket = $instance->env('SESSION_RECORDER_PUBLIC_ENDPOINT') . '/'
        . $instance->bucket;
    my $uuid = qr/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;
    my $file = qr/data\.(?:ogg|flac)|waveform\.dat|overview\.png
        |metadata\.json/x;
    my $own = $instance->url;
    return grep { !m{\A(?:\Q$bucket\E/$uuid/sessions/$uuid/(?:$file)(?:\?|\z)
        |\Q$own\E/api/)}x } $content =~ m{(https?://[^"<>\s]+)}g;
}

my @EVIL_HEADERS = (host => 'evil.example', 'x-forwarded-host' =>
    'evil.example', 'x-forwarded-proto' => 'https', 'x-original-url' =>
    '/api/admin/djs', 'x-rewrite-url' => '/api/admin/djs', 'x-host' =>
    'evil.example', forwarded => 'host=evil.example', referer =>
    'http://evil.example/', origin => 'http://evil.example');

subtest 'where links lead' => sub {
    rename_dj('@evil.example');
    # What older versions of the tables kept, and what nothing reads.
    $instance->query("UPDATE sessions SET recorder_ogg_url ="
        . " 'http://evil.example/x', recorder_flac_url = '//evil.example/'");
    $instance->query("UPDATE recordings SET name = 'http:x/../../evil',"
        . " ogg_etag = '../../evil', metadata_etag = 'http:x'");
    for my $target ("$RECORDER/session/$named->{set}",
        '/api/sessions?limit=1', "/api/sessions/$named->{set}/download",
        '/api/sessions?format=csv&limit=1',
        "$RECORDER/download/$named->{set}/ogg",
        "$RECORDER/download/$named->{set}/flac?redirect=true",
        '/api/djs?limit=1') {
        my $answer = $instance->request('GET', $target, undef, @EVIL_HEADERS);
        my $links = join ' ', grep { defined }
            @{ $answer->{headers} }{qw(location link)};
        is_deeply([foreign_urls("$answer->{content} $links")], [],
            "$target leads to us and to the bucket");
        unlike($answer->{content} . $links, qr/evil\.example[\/:]/,
            'and not where the request says');
    }
    my $admin = $instance->request('GET',
        "$RECORDER/available-sessions?presigned=true");
    is_status($admin, 200, 'the list of recordings');
    is_deeply([foreign_urls($admin->{content})], [], 'leads there, too');
    is_problem($instance->request('GET', "$RECORDER/download/$named->{set}/$_"),
        400, qr/\A(?:format|path):|well-formed/, "no file $_")
        for 'metadata', 'raw', '..%2fmetadata.json', 'ogg%2f..%2f..', '%2e%2e',
            'ogg%00', 'http:%2f%2fevil.example';
};

subtest 'events that lead elsewhere' => sub {
    my $trap = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0,
        Listen => 5) or die "no free port: $@\n";
    my $url = 'http://127.0.0.1:' . $trap->sockport . '/x';
    my $prefix = recording_prefix(new_recording());
    my $event = sub {
        my ($bucket, $key) = @_;
        return { eventName => 's3:ObjectCreated:Put',
            eventTime => rfc3339(time), awsRegion => $url, eventSource => $url,
            responseElements => { 'x-minio-origin-endpoint' => $url },
            source => { host => $url, userAgent => $url },
            s3 => { bucket => { name => $bucket, arn => $url },
                object => { key => $key, size => 5, eTag => $url,
                    contentType => $url } } };
    };
    my @keys = ($url, encoded($url), '..%2F..%2Fx', "%2F$prefix%2Fdata.ogg",
        "$prefix/../data.ogg", "$prefix%2F..%2Fdata.ogg", "$prefix/data.ogg%00",
        "$prefix/data.ogg/", "$prefix/data.ogg" =~ s/\A(.{36})/\U$1/r,
        "$prefix//data.ogg",
        "$prefix/%2e%2e/data.ogg", "$prefix/data.ogg?x=$url", '%', '%zz',
        "$prefix/data%252eogg", "$prefix/data.ogg\r\nX: y", 'x' x 5_000,
        "$prefix/chunks/-000000000000001", "$prefix/chunks/" . '9' x 17,
        "{$prefix}/data.ogg", "\x{202e}$prefix/data.ogg");
    my $before = tables();
    my @token = (authorization => 'Bearer '
        . $instance->env('SETLINK_EVENTS_TOKEN'));
    my $answer = $instance->request('POST', "$RECORDER/events", { Records =>
        [map({ $event->($instance->bucket, $_) } @keys),
            map { $event->($_, "$prefix/metadata.json") } 'other',
                $url, '../' . $instance->bucket, '', uc $instance->bucket] },
        @token);
    is_status($answer, 200, 'events of other keys and buckets');
    is_deeply($answer->{json}, { taken => 0, ignored => @keys + 5 },
        'are ignored');
    is(tables(), $before, 'and leave nothing');
    $answer = $instance->request('POST', "$RECORDER/events", { Records =>
        [$event->($instance->bucket, "$prefix/metadata.json")] }, @token);
    is($answer->{json}{taken}, 1, 'one of our bucket is taken');
    $instance->sync;
    ok(!IO::Select->new($trap)->can_read(1), 'and nobody was asked but MinIO');
};

# Settings end in log lines, too.
subtest 'settings' => sub {
    my $evil = "http://x.example\r\nlevel=error event=forged\e[2J\x{202e}";
    for my $name (qw(SETLINK_PUBLIC_URL SESSION_RECORDER_PUBLIC_ENDPOINT
        SESSION_RECORDER_BUCKET_NAME SETLINK_CORS_ORIGINS SETLINK_LOG
        SETLINK_TRUSTED_PROXIES SESSION_RECORDER_MINIO_ENDPOINT)) {
        my ($status, $answer, $log) = Setlink::FastCGI->run_cgi(
            { $name => bytes_of($evil) }, Setlink::FastCGI::variables());
        is($status, 78, "$name is refused");
        like($log, qr/\A[\x20-\x7e]*event=bad_setting [\x20-\x7e]+\n\z/,
            'in one line');
        is(wrong_type($answer), '', 'and the client is told as JSON');
    }
};

subtest 'the logs' => sub {
    for my $log ($worker->log, $instance->log('worker')) {
        my @wrong = grep { !/\Atime=\S+Z level=\w+ event=\w+ ?[\x20-\x7e]*\z/ }
            split /\n/, $log;
        is(scalar @wrong, 0, 'have whole lines') or diag("$wrong[0]\n");
    }
    unlike($instance->log($_), qr/[^\x20-\x7e\n]/, "printable ASCII in $_.log")
        for qw(worker sync tick);
};

$instance->stop;
$instance->is_clean;
unlike($worker->log, qr/Sanitizer|runtime error:/, 'no sanitizer complained');
done_testing;
