# SPDX-License-Identifier: MIT
# Bad settings stop the start, with a message that names the setting; what is
# secret is never shown.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Setlink::FastCGI;
use Setlink::Process qw(scratch);
use Test::More;

my $EXIT_CONFIG = 78;
my $CONTROL = "a\x01b";

# Bad values of every setting.
my %BAD = (
    SESSION_RECORDER_ENABLED             => ['', 'maybe', 'truely', ' true'],
    SESSION_RECORDER_MINIO_ENDPOINT      => ['', 'localhost:9000', 'ftp://x',
        'http://', 'http://x:0', 'http://x:65536', 'http://x:y', 'http://a b',
        'http://x/?a=b', 'http://u:p@x', "http://x/\n"],
    SESSION_RECORDER_MINIO_ACCESS_KEY    => ['', $CONTROL, 'x' x 129],
    SESSION_RECORDER_MINIO_CA_FILE       => [$CONTROL],
    SESSION_RECORDER_MINIO_SECRET_KEY    => ['', $CONTROL, 'x' x 257],
    SESSION_RECORDER_BUCKET_NAME         => ['', 'ab', 'Upper', 'a/b', 'a..b',
        '-ab', 'x' x 64],
    SESSION_RECORDER_PUBLIC_ENDPOINT     => ['', 'minio', 'https://'],
    SESSION_RECORDER_AUTO_LINK_TOLERANCE => ['', '-1', '1441', '5m', '5.0',
        '9' x 30, ' 5', '+5'],
    SESSION_RECORDER_SIGN_ENDPOINT       => ['x', 'http:/x'],
    SESSION_RECORDER_REGION              => ['', $CONTROL, 'x' x 65],
    SESSION_RECORDER_URL_STYLE           => ['', 'Path', 'dns'],
    SESSION_RECORDER_SYNC_INTERVAL       => ['', '0', '86401', 'x'],
    SESSION_RECORDER_MAX_EXPIRES         => ['', '0', '604801', '1h'],
    SESSION_RECORDER_WAIT_DAYS           => ['', '-1', '3651'],
    SESSION_RECORDER_EVENTS_TOKEN        => [$CONTROL, 'x' x 5_000],
    SETLINK_FIRST_DRAW_MINUTES           => ['', '-1', '1441', '1.5'],
    SETLINK_MAX_SESSION_HOURS            => ['', '0', '169'],
    SETLINK_ALARM_MINUTES                => ['', '0', '1441', '2m'],
    SETLINK_BASE_WEIGHT                  => ['', '0', '-1', '1001', 'x', 'inf'],
    SETLINK_JOKER                        => ['', '0', '101', 'always'],
    SETLINK_DB_HOST                      => [$CONTROL, 'db:', 'a,b:65536', '[::1'],
    SETLINK_DB_PORT                      => ['', '0', '65536', 'mysql'],
    SETLINK_DB_SOCKET                    => ['x' x 108],
    SETLINK_DB_NAME                      => ['', 'x' x 65],
    SETLINK_DB_USER                      => ['', 'x' x 129],
    SETLINK_DB_PASSWORD                  => [$CONTROL, 'x' x 5_000],
    SETLINK_DB_SSL_CA                    => [$CONTROL],
    SETLINK_DB_TIMEOUT                   => ['', '1', '13', '5s'],
    SETLINK_PUBLIC_URL                   => ['', 'club.example', 'http://x/?'],
    SETLINK_ADMIN_TOKEN_HASH             => ['x', 'a' x 63, 'g' x 64, 'a' x 65],
    SETLINK_CORS_ORIGINS                 => ['club.example',
        'https://club.example/', 'https://a.example/path', 'null',
        'https://a.example, *'],
    SETLINK_TRUSTED_PROXIES              => ['x', '10.0.0.0/33', '10.0.0',
        '::1/129', '10.0.0.0/', '10.0.0.0/8/8'],
    SETLINK_REGISTRATION_LIMIT           => ['', '-1', '10001', '60/h'],
    SETLINK_LOG                          => ['', 'verbose', '1'],
    SETLINK_LOG_FILE                     => [$CONTROL, 'x' x 4_096, '/',
        '/dev/null/log', scratch() . '/no-folder/log'],
    SETLINK_SANDBOX                      => ['', 'no way', '2'],
);

my @SECRETS = qw(SESSION_RECORDER_MINIO_SECRET_KEY SESSION_RECORDER_EVENTS_TOKEN
    SETLINK_DB_PASSWORD SETLINK_ADMIN_TOKEN_HASH);

# Run the worker as a CGI program with these settings.
sub run {
    my (%settings) = @_;
    return Setlink::FastCGI->run_cgi(\%settings, Setlink::FastCGI::variables());
}

sub is_refused {
    my ($name, $settings, $message) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($status, $answer, $log) = run(%$settings);
    is($status, $EXIT_CONFIG, "$name stops the start");
    is($answer->{status}, 503, 'the client is told that it is our fault');
    return like($log, $message, 'the message says what is wrong');
}

sub write_file {
    my ($name, $text) = @_;
    my $path = scratch() . "/$name";
    open my $file, '>', $path or die "$path: $!\n";
    print {$file} $text;
    close $file or die "$path: $!\n";
    return $path;
}

subtest 'every setting' => sub {
    my $table = "$FindBin::Bin/../src/base/config_table.c";
    open my $file, '<', $table or die "$table: $!\n";
    my @names = map { /^\s*\{"(\w+)"/ ? $1 : () } <$file>;
    is_deeply([sort @names], [sort keys %BAD], 'all settings are tried');
    my ($status, $answer) = run();
    is_deeply([$status, $answer->{status}], [0, 200], 'the defaults are right');
};

for my $name (sort keys %BAD) {
    subtest $name => sub {
        is_refused("$name=" . substr($_, 0, 20) =~ s/[^ -~]/?/gr,
            { $name => $_ }, qr/level=error event=bad_setting \Q$name\E: /)
            for @{ $BAD{$name} };
    };
}

subtest 'secrets' => sub {
    for my $name (@SECRETS) {
        my $secret = "S3cr3t-\x01-" . 'q' x 5_000;
        my (undef, $answer, $log) = run($name => $secret);
        unlike("$answer->{content}$log", qr/S3cr3t|qqq/, "$name is not shown");
        my $path = write_file($name, $secret);
        (undef, $answer, $log) = run("${name}_FILE" => $path);
        like($log, qr/\Q$name\E/, "a bad ${name}_FILE is refused");
        unlike("$answer->{content}$log", qr/S3cr3t|qqq/, 'nor shown');
        is_refused("${name}_FILE of nothing", { "${name}_FILE" => '/nowhere' },
            qr/\Q${name}_FILE\E.*\/nowhere/);
    }
};

subtest 'the file' => sub {
    my $good = write_file('good.env', "# a comment\n\n"
        . "export SETLINK_LOG=\"debug\"\nSETLINK_DB_NAME='x' # yes\n");
    is((run(SETLINK_ENV_FILE => $good))[0], 0, 'a right one is taken');
    my ($status) = run(SETLINK_ENV_FILE => write_file('over.env',
        "SETLINK_LOG=loud\n"), SETLINK_LOG => 'info');
    is($status, 0, 'the environment wins');
    is_refused('a file of nothing', { SETLINK_ENV_FILE => '/nowhere' },
        qr/settings file \/nowhere/);
    is_refused('a folder', { SETLINK_ENV_FILE => scratch() },
        qr/settings file/);
    is_refused('a bad value', { SETLINK_ENV_FILE => write_file('bad.env',
        "SETLINK_LOG=loud\n") }, qr/SETLINK_LOG: "loud"/);
    my $n = 0;
    is_refused("the line $_", { SETLINK_ENV_FILE => write_file('line'
        . $n++ . '.env', "SETLINK_LOG=info\n$_\n") }, qr/line [23]/)
        for 'nonsense', '=x', 'SETLINK_DB_NAME="x', 'SETLINK_LOG=info',
            "SETLINK_DB_NAME='x' y";
    is_refused('a large file', { SETLINK_ENV_FILE => write_file('large.env',
        '#' x 70_000) }, qr/large\.env/);
};

done_testing;
