<?php
// SPDX-License-Identifier: MIT
// The peer in PHP: the same routes as that in Go, with mysqli and hash_hmac.
declare(strict_types=1);

const EXPIRES = 3600;
const FILES = [
    'ogg' => ['data.ogg', 'audio/ogg', 'ogg'],
    'flac' => ['data.flac', 'audio/flac', 'flac'],
    'waveform' => ['waveform.dat', 'application/octet-stream', 'dat'],
    'overview' => ['overview.png', 'image/png', 'png'],
];

function answer(int $status, array $value): never
{
    http_response_code($status);
    header('Content-Type: application/json');
    header('Cache-Control: no-store');
    header('X-Content-Type-Options: nosniff');
    header('X-Request-Id: ' . bin2hex(random_bytes(16)));
    echo json_encode($value, JSON_UNESCAPED_SLASHES);
    error_log("method={$_SERVER['REQUEST_METHOD']} status=$status"
        . " uri={$_SERVER['REQUEST_URI']}");
    exit;
}

function fail(int $status, string $detail): never
{
    answer($status, ['status' => $status, 'detail' => $detail]);
}

function uuid(string $bytes): string
{
    return preg_replace('/^(.{8})(.{4})(.{4})(.{4})(.{12})$/', '$1-$2-$3-$4-$5',
        bin2hex($bytes));
}

/** SigV4 in a query string; the signing key is derived once a request. */
function presign(string $key, array $parameters): string
{
    $endpoint = getenv('SESSION_RECORDER_PUBLIC_ENDPOINT');
    $host = substr($endpoint, strlen('http://'));
    $stamp = gmdate('Ymd\THis\Z');
    $day = substr($stamp, 0, 8);
    $scope = "$day/us-east-1/s3/aws4_request";
    $path = '/' . getenv('SESSION_RECORDER_BUCKET_NAME') . '/'
        . str_replace('%2F', '/', rawurlencode($key));
    $parameters += [
        'X-Amz-Algorithm' => 'AWS4-HMAC-SHA256',
        'X-Amz-Credential' =>
            getenv('SESSION_RECORDER_MINIO_ACCESS_KEY') . "/$scope",
        'X-Amz-Date' => $stamp,
        'X-Amz-Expires' => (string)EXPIRES,
        'X-Amz-SignedHeaders' => 'host',
    ];
    ksort($parameters);
    $query = http_build_query($parameters, '', '&', PHP_QUERY_RFC3986);
    $request = "GET\n$path\n$query\nhost:$host\n\nhost\nUNSIGNED-PAYLOAD";
    $secret = 'AWS4' . getenv('SESSION_RECORDER_MINIO_SECRET_KEY');
    foreach ([$day, 'us-east-1', 's3', 'aws4_request'] as $step) {
        $secret = hash_hmac('sha256', $step, $secret, true);
    }
    $signature = hash_hmac('sha256', "AWS4-HMAC-SHA256\n$stamp\n$scope\n"
        . hash('sha256', $request), $secret);
    return "$endpoint$path?$query&X-Amz-Signature=$signature";
}

function database(): mysqli
{
    mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
    return new mysqli('p:localhost', getenv('SETLINK_DB_USER'),
        getenv('SETLINK_DB_PASSWORD'), getenv('SETLINK_DB_NAME'), 0,
        getenv('SETLINK_DB_SOCKET'));
}

function download(string $id, string $format): never
{
    $row = database()->execute_query(
        'SELECT d.name, s.started_at, l.recorder_id, l.recording_id, r.gone_at,
        r.ogg_size FROM sessions s JOIN djs d ON d.id = s.dj_id
        LEFT JOIN session_recordings l ON l.session_id = s.id AND l.part = 1
        LEFT JOIN recordings r ON r.recorder_id = l.recorder_id
        AND r.id = l.recording_id WHERE s.id = ?',
        [hex2bin(str_replace('-', '', $id))])->fetch_assoc();
    if (!$row) {
        fail(404, 'there is no such session');
    }
    if ($row['recorder_id'] === null || $row['gone_at'] !== null) {
        fail(404, 'no recording is linked');
    }
    [$file, $type, $extension] = FILES[$format];
    $name = "{$row['name']} " . substr($row['started_at'], 0, 10)
        . ".$extension";
    answer(200, [
        'url' => presign(uuid($row['recorder_id']) . '/sessions/'
            . uuid($row['recording_id']) . "/$file", [
                'response-content-type' => $type,
                'response-content-disposition' => "attachment; filename=\"$name\";"
                    . " filename*=UTF-8''" . rawurlencode($name),
            ]),
        'expires_in_seconds' => EXPIRES,
        'format' => $format,
    ]);
}

function available(int $limit): never
{
    $folder = getenv('SESSION_RECORDER_PUBLIC_ENDPOINT') . '/'
        . getenv('SESSION_RECORDER_BUCKET_NAME');
    $rows = database()->execute_query(
        'SELECT recorder_id, id, name, start_time, end_time, duration_ns,
        is_closed, is_kept, audio_us FROM recordings FORCE INDEX (by_time)
        WHERE gone_at IS NULL
        ORDER BY listed_at DESC, recorder_id DESC, id DESC LIMIT ?', [$limit]);
    $page = [];
    foreach ($rows as $row) {
        $recorder = uuid($row['recorder_id']);
        $id = uuid($row['id']);
        $base = "$folder/$recorder/sessions/$id";
        $page[] = [
            'id' => $id,
            'recorder_id' => $recorder,
            'name' => $row['name'],
            'start_time' => $row['start_time'],
            'end_time' => $row['end_time'],
            'duration_seconds' => intdiv((int)$row['duration_ns'], 1000000000),
            'audio_seconds' => $row['audio_us'] === null
                ? null : $row['audio_us'] / 1e6,
            'is_closed' => (bool)$row['is_closed'],
            'keep' => (bool)$row['is_kept'],
            'files' => [
                'ogg_url' => "$base/data.ogg",
                'flac_url' => "$base/data.flac",
                'waveform_url' => "$base/waveform.dat",
                'overview_png_url' => "$base/overview.png",
                'metadata_url' => "$base/metadata.json",
            ],
        ];
    }
    answer(200, $page);
}

$uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
try {
    if (preg_match("{^/api/session-recorder/download/($uuid)/(\\w+)$}", $path,
        $part) && isset(FILES[$part[2]])) {
        download($part[1], $part[2]);
    }
    if ($path === '/api/session-recorder/available-sessions') {
        available(min(1000, max(1, (int)($_GET['limit'] ?? 100))));
    }
    fail(404, 'nothing is at this address');
} catch (mysqli_sql_exception $e) {
    error_log($e->getMessage());
    fail(503, 'the database is away');
}
