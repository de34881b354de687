# SPDX-License-Identifier: MIT
# TLS to MariaDB: the certificate is checked before anything secret is sent.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Setlink::Command qw(setlink);
use Setlink::Database;
use Setlink::FastCGI;
use Setlink::Process qw(scratch);
use Setlink::Wire;
use Test::More;

my @KEY = qw(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes);

sub run {
    my @command = @_;
    my $log = scratch() . '/openssl.log';
    system('sh', '-c', 'exec "$@" >"$0" 2>&1', $log, @command) == 0
        or die "@command failed, see $log\n";
    return;
}

sub write_file {
    my ($path, $text) = @_;
    open my $file, '>', $path or die "$path: $!\n";
    print {$file} $text;
    close $file or die "$path: $!\n";
    return $path;
}

my $dir = scratch() . '/tls';
mkdir $dir or die "$dir: $!\n";

sub make_ca {
    my ($name) = @_;
    run('openssl', 'req', '-x509', @KEY, '-days', '2', '-subj', "/CN=$name",
        '-keyout', "$dir/$name.key", '-out', "$dir/$name.pem");
    return;
}

# A certificate of the CA `own`, for `host`, valid for so many days from now on,
# or that has been.
sub make_certificate {
    my ($name, $host, $days) = @_;
    run('openssl', 'req', '-new', @KEY, '-subj', "/CN=$host", '-keyout',
        "$dir/$name.key", '-out', "$dir/$name.csr");
    my $kind = $host =~ /\A\d/ ? 'IP' : 'DNS';
    my $extensions = write_file("$dir/$name.ext",
        "subjectAltName=$kind:$host\n");
    run('openssl', 'x509', '-req', '-in', "$dir/$name.csr", '-CA',
        "$dir/own.pem", '-CAkey', "$dir/own.key", '-CAcreateserial', '-days',
        $days, '-extfile', $extensions, '-out', "$dir/$name.pem");
    return;
}

make_ca($_) for qw(own other);
make_certificate('good', '127.0.0.1', 2);
make_certificate('misnamed', 'db.example', 2);
make_certificate('expired', '127.0.0.1', -1);

# Give MariaDB another certificate, without a new start.
my $database;
sub present {
    my ($name) = @_;
    for my $part (qw(pem key)) {
        run('cp', "$dir/$name.$part", "$dir/server.$part.new");
        rename "$dir/server.$part.new", "$dir/server.$part"
            or die "$dir: $!\n";
    }
    $database->query('', 'FLUSH SSL') if $database;
    return;
}

present('good');
$database = Setlink::Database->start("ssl-cert=$dir/server.pem",
    "ssl-key=$dir/server.key");
my %settings = ($database->prepare, SESSION_RECORDER_ENABLED => 'false',
    SETLINK_DB_TIMEOUT => 2, SETLINK_DB_SSL_CA => "$dir/own.pem");

# Ask through a wire; returns the worker and the status, after tests that
# nothing secret went over the wire.
sub ask {
    my ($what, $to, %other) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $wire = Setlink::Wire->start($to->socket);
    my $worker = Setlink::FastCGI->start(%settings, $wire->settings, %other);
    my $answer = $worker->request({ REQUEST_URI => '/api/djs' });
    unlike($wire->sent, qr/\Q$settings{SETLINK_DB_USER}\E|SELECT/,
        "$what: neither user nor statements are sent in clear");
    return ($worker, $answer);
}

sub is_refused {
    my ($what, $reason, $to, %other) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($worker, $answer) = ask($what, $to, %other);
    is($answer->{status}, 503, 'it is refused');
    like($answer->{content}, qr/no TLS connection to the database/, 'with TLS');
    unlike($answer->{content}, qr/\Q$dir\E|127\.0|certificate/,
        'the public is told no more');
    like($worker->log, qr/number=2026 reason="[^\n]*$reason/,
        'the log says why');
    return;
}

my ($worker, $answer) = ask('the right CA', $database);
is($answer->{status}, 200, 'the right CA is taken') or diag($worker->log);
my $wire = Setlink::Wire->start($database->socket);
my ($status, $out) = setlink({ %settings, $wire->settings }, 'check');
is($status, 0, 'setlink check') or diag($out);
like($out, qr/^ok +database .* answers, by TLS$/m, 'says that the connection is encrypted');
($status, $out) = setlink({ %settings, $wire->settings,
    SETLINK_DB_SSL_CA => '' }, 'check');
like($out, qr/^ok +database .* not encrypted/m, 'or that it is not');

is_refused('another CA', qr/certificate/i, $database,
    SETLINK_DB_SSL_CA => "$dir/other.pem");
is_refused('no file of a CA', qr/\w/, $database,
    SETLINK_DB_SSL_CA => "$dir/none.pem");
present('misnamed');
is_refused('another host', qr/certificate|verif/i, $database);
present('expired');
is_refused('a certificate that has expired', qr/certificate|verif/i, $database);
present('good');
is((ask('the right one again', $database))[1]{status}, 200, 'it is taken');

my $plain = Setlink::Database->start;
is_refused('a server without TLS', qr/SSL is required/, $plain);

done_testing;
