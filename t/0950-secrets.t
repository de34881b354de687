# SPDX-License-Identifier: MIT
# Secrets stay where they are: whatever happens, at the level debug, none is in
# a log, an answer, a list of processes or the database.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use MIME::Base64 qw(encode_base64);
use POSIX ();
use Setlink::Command qw(run_program program);
use Setlink::FastCGI;
use Setlink::Instance;
use Setlink::Night qw(new_dj new_recording);
use Setlink::Process qw(scratch);
use Setlink::Recordings qw(rfc3339);
use Setlink::Secrets qw(secrets_found);
use Test::More;
use Time::HiRes qw(sleep);

# A character of each kind that some context encodes.
my %CHOSEN = (
    SESSION_RECORDER_MINIO_SECRET_KEY => 'minio/Secret+Key=1%41 &?~ end',
    SESSION_RECORDER_EVENTS_TOKEN     => 'events/Token+of=MinIO%2F~end',
);
my $HOUR = 3600;
my $begin = int(time) - 24 * $HOUR;

# A comparison that ends at the first difference would tell how much is right.
subtest 'how they are compared' => sub {
    for my $path (glob "$FindBin::Bin/../src/*/*.c") {
        my $source = Setlink::Instance::slurp($path);
        my @found = $source =~ /(\b(?!CRYPTO_)\w*cmp\([^;]*
            (?:events_token|admin_token_hash|db_password|secret_key)\b[^;]*;)/xg;
        is(scalar @found, 0, "none in time that tells in $path") if @found;
    }
    like(Setlink::Instance::slurp("$FindBin::Bin/../src/http/access.c"),
        qr/^access_is_same\(.*?digest\(token.*?digest\(secret.*?CRYPTO_memcmp/ms,
        'digests in constant time');
    like(Setlink::Instance::slurp("$FindBin::Bin/../src/api/guard.c"),
        qr/access_is_same\(token, call->config->events_token, /,
        'the token of the events');
    like(Setlink::Instance::slurp("$FindBin::Bin/../src/admin/tokens.c"),
        qr/^is_same\(.*?CRYPTO_memcmp\(hash, lower/ms,
        'the hashes of the tokens of admins');
};

# All command lines that were seen on this machine, until the test ends.
my $lines = scratch() . '/cmdlines';
my $watcher = fork // die "fork: $!\n";
if ($watcher == 0) {
    my $parent = getppid;
    open my $out, '>', $lines or POSIX::_exit(1);
    my %seen;
    while (getppid == $parent) {
        for my $path (glob '/proc/[0-9]*/cmdline') {
            my $line = Setlink::Instance::slurp($path);
            syswrite $out, "$line\n" if !$seen{$line}++;
        }
        sleep 0.05;
    }
    POSIX::_exit(0);
}

my $instance = Setlink::Instance->start(token => 1, events => 1,
    settings => { %CHOSEN, SETLINK_LOG => 'debug' });
my $secrets = { %{ $instance->secrets }, %CHOSEN };
my $token = $instance->env('SETLINK_ADMIN_TOKEN');
my @answers;

# Send a request, keep the answer; returns its status.
sub ask {
    my ($method, $target, $body, @headers) = @_;
    my $answer = $instance->request($method, $target, $body, @headers);
    push @answers, "$method $target:", $answer->{content} // '',
        map { "$_: $answer->{headers}{$_}" } keys %{ $answer->{headers} };
    return $answer->{status};
}

sub bearer { return (authorization => "Bearer $_[0]") }

cmp_ok(scalar keys %$secrets, '>=', 6, 'the secrets are known');
is_deeply([secrets_found($secrets, encode_base64("ab:$token:x", ''))],
    ['SETLINK_ADMIN_TOKEN'], 'one would be found');

subtest 'right and wrong tokens' => sub {
    is(ask('GET', '/api/admin/audit', undef, bearer($token)), 200, 'the right');
    is(ask('GET', '/api/admin/audit', undef, bearer("${token}x")), 401,
        'nearly the right');
    is(ask('GET', '/api/admin/audit', undef,
        authorization => 'Basic ' . encode_base64("admin:$token", '')), 401,
        'another scheme');
    my $events = $CHOSEN{SESSION_RECORDER_EVENTS_TOKEN};
    is(ask('POST', '/api/session-recorder/events', { Records => [] },
        bearer("${events}x")), 401, 'nearly the one of the events');
    is(ask('POST', '/api/session-recorder/events', { Records => 1 },
        bearer($events)), 400, 'the one of the events, with a bad body');
    my ($status, $made) = $instance->command('token', 'create', 'Anna');
    is($status, 0, 'one is made');
    chomp $made;
    $secrets->{MADE_TOKEN} = $made;
    is(ask('GET', '/api/admin/audit', undef, bearer($made)), 200, 'and right');
};

subtest 'what is signed' => sub {
    $instance->record(new_recording(start => $begin, end => $begin + $HOUR));
    my $id = $instance->request('POST', '/api/sessions', {
        dj_id      => new_dj($instance),
        started_at => rfc3339($begin),
        ended_at   => rfc3339($begin + $HOUR),
    }, bearer($token))->{json}{id};
    is(ask('GET', "/api/session-recorder/download/$id/ogg"), 200, 'a URL');
    is(ask('POST', '/api/session-recorder/sync', undef, bearer($token)), 200,
        'a refresh');
    is(ask('GET', '/ready'), 200, 'a probe');
    is(($instance->command('check'))[0], 0, 'setlink check');
};

# Bad settings, each in a text that quotes what is wrong.
subtest 'settings that are refused' => sub {
    for my $name (qw(SESSION_RECORDER_MINIO_SECRET_KEY
        SESSION_RECORDER_EVENTS_TOKEN SETLINK_DB_PASSWORD
        SETLINK_ADMIN_TOKEN_HASH)) {
        my $bad = "$secrets->{MADE_TOKEN}\001";
        my ($status, $answer, $log) =
            Setlink::FastCGI->run_cgi({ $name => $bad }, {});
        isnt($status, 0, "$name is refused");
        push @answers, $answer->{content}, $log;
        push @answers, (run_program(program('setlink'), { $name => $bad },
            'check'))[1, 2];
    }
    my $path = scratch() . '/bad.env';
    open my $file, '>', $path or die "$path: $!\n";
    print {$file} "SETLINK_DB_PASSWORD=\"$secrets->{MADE_TOKEN}\" x\n";
    close $file or die "$path: $!\n";
    my ($status, $answer, $log) =
        Setlink::FastCGI->run_cgi({ SETLINK_ENV_FILE => $path }, {});
    isnt($status, 0, 'a file with an error in the line is refused');
    push @answers, $answer->{content}, $log;
};

subtest 'a database and a MinIO that refuse' => sub {
    my %settings = map { $_ => $instance->env($_) }
        grep { /^(?:SETLINK_DB|SESSION_RECORDER_MINIO)_/ }
        keys %{ $instance->{env} };
    my %wrong = (%settings, SETLINK_LOG => 'debug');
    my $name = 'SETLINK_DB_PASSWORD';
    my (undef, $answer, $log) = Setlink::FastCGI->run_cgi(
        { %wrong, $name => $secrets->{MADE_TOKEN} },
        Setlink::FastCGI::variables(REQUEST_URI => '/api/djs'));
    is($answer->{status}, 503, 'the database');
    push @answers, $answer->{content}, $log;
    $name = 'SESSION_RECORDER_MINIO_SECRET_KEY';
    my ($status, @text) = run_program(program('setlink'),
        { %wrong, $name => $secrets->{MADE_TOKEN} }, 'sync');
    isnt($status, 0, 'MinIO');
    push @answers, @text;
};

kill 'TERM', $watcher;
waitpid $watcher, 0;
my $dump = `mariadb-dump --defaults-file=$instance->{dir}/my.cnf setlink`;
like($dump, qr/INSERT INTO `admin_tokens`/, 'the database was read');
my $seen = Setlink::Instance::slurp($lines);
like($seen, qr/setlink\.fcgi/, 'the processes were seen');
is_deeply([secrets_found($secrets, $dump)], [], 'none is in the database');
is_deeply([secrets_found($secrets, $seen)], [], 'none in a list of processes');
is_deeply([secrets_found($secrets, join "\n", @answers)], [],
    'none in an answer');
$instance->stop;
$instance->is_clean;
is_deeply([grep { secrets_found($secrets, Setlink::Instance::slurp($_)) }
    glob "'$instance->{dir}/state/log'/*"], [], 'none in a log');
done_testing;
