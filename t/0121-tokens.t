# SPDX-License-Identifier: MIT
# Several admin tokens: made, shown and revoked by `setlink token`, with a name
# and an end.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::SHA qw(sha256_hex);
use Setlink::Command qw(setlink);
use Setlink::Database;
use Setlink::FastCGI;
use Setlink::Shape qw(is_status is_problem);
use Test::More;

my $database = Setlink::Database->start;
my %settings = ($database->prepare, SESSION_RECORDER_ENABLED => 'false');

# On loopback unless it is told otherwise.
my %RESET = (REQUEST_METHOD => 'POST', REQUEST_URI => '/api/lottery/reset');
my %STRANGER = (REMOTE_ADDR => '192.0.2.7', HTTP_HOST => 'club.example');
my @made;

sub rows { return $database->query($settings{SETLINK_DB_NAME}, $_[0]) }

sub token { return setlink({ %settings, SETLINK_LOG => 'error' }, 'token', @_) }

# A token that works.
sub create {
    my ($status, $out, $err) = token('create', @_);
    is($status, 0, "token create @_") or diag($err);
    like($out, qr/\A[0-9a-f]{64}\n\z/, 'prints the token and nothing else');
    chomp $out;
    unlike($err, qr/$out/, 'and what it is, apart from it');
    push @made, $out;
    return $out;
}

my $worker = Setlink::FastCGI->start(%settings);

sub call {
    my ($token, %variables) = @_;
    return $worker->request({ %RESET, %STRANGER, defined $token
        ? (HTTP_AUTHORIZATION => "Bearer $token") : (), %variables });
}

# How many statements the database has been asked to run.
sub statements {
    return (rows("SHOW GLOBAL STATUS LIKE 'Com_stmt_execute'"))[0][1];
}

subtest 'without a token' => sub {
    is_status($worker->request({%RESET}), 200, 'loopback is enough');
    is_problem(call(undef), 403, qr/loopback/, 'a stranger may not');
    is_problem(call('guess'), 403, qr/loopback/, 'a token makes no difference');
    is_status($worker->request({ %RESET,
        HTTP_AUTHORIZATION => 'Bearer guess' }), 200, 'nor on loopback');
    is_deeply([token('list')], [0, '', ''], 'there is none');
};

my $anna = create('Anna');
my $joerg = create('Jörg am Pult', '--days', 2);

subtest 'with tokens' => sub {
    is_status(call($anna), 200, 'the first one');
    is_status(call($joerg), 200, 'the second one');
    is_problem($worker->request({%RESET}), 401, qr/required/,
        'loopback is not enough any more');
    is_problem($worker->request({ %RESET, HTTP_AUTHORIZATION => 'Basic x' }),
        401, qr/required/, 'another scheme is no token');
    is_problem(call($_), 401, qr/wrong/, 'a wrong one') for "${anna}0",
        substr($anna, 1), uc "x$anna", '', sha256_hex($anna);
    is_problem(call(undef), 403, qr/an admin token is required/,
        'a stranger without one');
    rows('DELETE FROM address_counts');
};

subtest 'what it costs' => sub {
    call(undef);
    my $before = statements();
    call(undef) for 1 .. 5;
    call(undef, HTTP_AUTHORIZATION => 'Basic eDp5') for 1 .. 5;
    is(statements(), $before, 'strangers without a token cost nothing');
    $worker->request({ %STRANGER, REQUEST_URI => '/api/lottery/next' })
        for 1 .. 5;
    is(statements(), $before + 5, 'on public routes neither');
};

subtest 'the list' => sub {
    my ($status, $out, $err) = token('list');
    is("$status $err", '0 ', 'is printed');
    my @lines = split /\n/, $out;
    my $time = qr/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/;
    is(scalar @lines, 2, 'with a line a token');
    like($lines[0], qr/\Avalid    created $time  ends never +Anna\z/,
        'one without end');
    like($lines[1], qr/\Avalid    created $time  ends $time  Jörg am Pult\z/,
        'one with an end');
    unlike($out, qr/[0-9a-f]{32}/, 'but no token and no hash');
};

subtest 'the end of a token' => sub {
    my $until = create('until', '--until', '2099-01-01T00:00:00+01:00');
    is((rows("SELECT expires_at FROM admin_tokens WHERE name = 'until'"))[0][0],
        '2098-12-31 23:00:00.000000', 'is kept');
    is_status(call($until), 200, 'before it');
    rows("UPDATE admin_tokens SET expires_at = UTC_TIMESTAMP(6)"
        . " WHERE name = 'until'");
    is_problem(call($until), 401, qr/expired/, 'after it');
    is_problem(call("x$until"), 401, qr/wrong/, 'a wrong one is not told');
    is((rows('SELECT COALESCE(SUM(count), 0) FROM address_counts'))[0][0],
        1, 'only that is counted');
    like((token('list'))[1], qr/^expired .* until$/m, 'the list tells it');
    rows('DELETE FROM address_counts');
};

subtest 'revoking' => sub {
    is_deeply([token('revoke', 'anna')], [0, '', ''],
        'by name, whatever its case');
    is_problem(call($anna), 401, qr/wrong/, 'it is over at once');
    is_status(call($joerg), 200, 'the other one is not');
    like((token('list'))[1], qr/^revoked .* Anna$/m, 'the list tells it');
    for my $name ('Anna', 'nobody', '', "\xff") {
        my ($status, $out, $err) = token('revoke', $name);
        is("$status $out", '1 ', 'not again, nor what is none');
        like($err, qr/\Asetlink: NAME: /, 'it says so');
    }
    rows('DELETE FROM address_counts');
};

subtest 'what is refused' => sub {
    my $before = (rows('SELECT COUNT(*) FROM admin_tokens'))[0][0];
    my @cases = (
        [qr/had this name/, 'Anna'], [qr/had this name/, 'JORG AM PULT'],
        [qr/1 to 64/, ''], [qr/1 to 64/, 'x' x 65], [qr/blank/, ' x'],
        [qr/blank/, "x\t"], [qr/control/, "a\nb"], [qr/control/, "a\e[2J"],
        [qr/control/, "a\xe2\x80\xaeb"], [qr/UTF-8/, "a\xff"],
        [qr/itself/, 'Loopback'], [qr/itself/, 'setlink_admin_token_hash'],
        [qr/itself/, 'Command Line (root)'],
    );
    for (@cases) {
        my ($why, @arguments) = @$_;
        my ($status, $out, $err) = token('create', @arguments);
        is("$status $out", '1 ', 'a name that cannot be');
        like($err, qr/\Asetlink: NAME: .*$why.*\n\z/, "it is told: $why");
    }
    for my $arguments ([], ['create'], ['create', 'a', 'b'], ['bogus'],
        ['list', 'x'], ['revoke'], ['revoke', 'a', 'b'],
        ['create', 'a', '--bogus'], ['create', 'a', '--days'],
        ['create', 'a', '--days', 1, '--until', '2099-01-01T00:00:00Z'],
        (map { ['create', 'a', '--days', $_] } 0, -1, 'x', '1x', 3651, ''),
        (map { ['create', 'a', '--until', $_] } '', 'tomorrow', '2099-01-01',
            '2020-01-01T00:00:00Z')) {
        my ($status, $out, $err) = token(@$arguments);
        is("$status $out", '64 ', "token @$arguments");
        like($err, qr/^setlink: usage: setlink token create NAME/m,
            'it says how to do it');
    }
    is((rows('SELECT COUNT(*) FROM admin_tokens'))[0][0], $before,
        'nothing was made');
    my ($status, undef, $err) = setlink({ %settings,
        SETLINK_DB_PASSWORD => 'wrong' }, 'token', 'create', 'new');
    is($status, 69, 'a database that cannot be asked');
};

subtest 'as many as can be compared' => sub {
    for my $n (1 .. 98) {
        rows('INSERT INTO admin_tokens (id, name, hash, created_at) VALUES'
            . " (UNHEX(MD5($n)), 'many $n', SHA2('many $n', 256),"
            . ' UTC_TIMESTAMP(6))');
    }
    is_status(call("many $_"), 200, "many $_ works") for 1, 50, 98;
    is_status(call($joerg), 200, 'the older one too');
    my ($status, $out, $err) = token('create', 'too many');
    is("$status $out", '1 ', 'one more is refused');
    like($err, qr/revoke one/, 'and told why');
    rows("UPDATE admin_tokens SET revoked_at = UTC_TIMESTAMP(6)"
        . " WHERE name LIKE 'many%'");
};

subtest 'too many wrong ones' => sub {
    is_problem(call("guess $_"), 401, qr/wrong/, "guess $_") for 1 .. 10;
    my $last = call('guess 11');
    is_problem($last, 429, qr/too many/, 'the next one is too many');
    ok($last->{headers}{'retry-after'}, 'it is told when to come again');
    is_problem(call($joerg), 429, qr/too many/, 'also with a right one');
    is_status(call($joerg, REMOTE_ADDR => '192.0.2.8'), 200,
        'another address may');
    is_status(call($joerg, REQUEST_METHOD => 'GET',
        REQUEST_URI => '/api/lottery/next'), 200, 'public routes are open');
    like($worker->log, qr/event=wrong_token client=192\.0\.2\.7 /,
        'the log has it');
    rows('DELETE FROM address_counts');
};

subtest 'beside the setting' => sub {
    my $both = Setlink::FastCGI->start(%settings,
        SETLINK_ADMIN_TOKEN_HASH => uc sha256_hex('of the setting'));
    my $ask = sub {
        return $both->request({ %RESET, %STRANGER,
            HTTP_AUTHORIZATION => "Bearer $_[0]" });
    };
    is_status($ask->('of the setting'), 200, 'its token');
    is_status($ask->($joerg), 200, 'one of the table');
    is_problem($ask->($anna), 401, qr/wrong/, 'a revoked one');
    is_problem($both->request({ %RESET, %STRANGER }), 401, qr/required/,
        'none');
    rows('DELETE FROM address_counts');
};

subtest 'when all are revoked' => sub {
    rows("UPDATE admin_tokens SET expires_at = UTC_TIMESTAMP(6)"
        . " WHERE revoked_at IS NULL");
    is_problem($worker->request({%RESET}), 401, qr/required/,
        'one that has expired does not open the rule for loopback');
    rows("UPDATE admin_tokens SET revoked_at = UTC_TIMESTAMP(6)"
        . " WHERE name <> 'until'");
    is((token('revoke', 'until'))[0], 0, 'the last one is revoked');
    is_status($worker->request({%RESET}), 200, 'then loopback is enough');
    is_problem(call($joerg), 403, qr/loopback/, 'and a stranger may not');
};

subtest 'without the database' => sub {
    my $lost = Setlink::FastCGI->start(%settings,
        SETLINK_DB_SOCKET => '/nonexistent');
    is_problem($lost->request({%RESET}), 503, qr/database/, 'on loopback');
    is_problem($lost->request({ %RESET, %STRANGER,
        HTTP_AUTHORIZATION => "Bearer $anna" }), 503, qr/database/,
        'with a token');
    is_problem($lost->request({ %RESET, %STRANGER }), 403, qr/loopback/,
        'a stranger is refused without it');
};

subtest 'no secret is left behind' => sub {
    my $all = $worker->log . join "\n", map { join "\t", @$_ } map {
        rows("SELECT * FROM $_->[0]") } rows('SHOW TABLES');
    is(scalar(grep { $all =~ /$_/ } @made), 0, 'no token is in log or tables');
    my $log = $worker->log;
    is(scalar(grep { my $hash = sha256_hex($_); $log =~ /$hash/ } @made), 0,
        'no hash is in the log');
    unlike($log, qr/Sanitizer|runtime error:/, 'the sanitizers found nothing');
};

done_testing;
