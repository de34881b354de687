# SPDX-License-Identifier: MIT
# How much the public may register from one address.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use Setlink::Database;
use Setlink::FastCGI;
use Setlink::Shape qw(is_status is_problem);
use Test::More;

my $database = Setlink::Database->start;
my %settings = ($database->prepare, SESSION_RECORDER_ENABLED => 'false',
    SETLINK_TRUSTED_PROXIES => '198.51.100.0/24');

my $count = 0;

sub rows { return $database->query($settings{SETLINK_DB_NAME}, $_[0]) }

sub forget { rows('DELETE FROM address_counts'); return }

# What a web server sends for a registration from an address, and its body.
sub registration {
    my ($address, $name, %variables) = @_;
    my $body = JSON::PP->new->encode({ name => $name // 'DJ ' . ++$count });
    return ({
        REQUEST_METHOD => 'POST',
        REQUEST_URI    => '/api/djs/register',
        CONTENT_TYPE   => 'application/json',
        CONTENT_LENGTH => length $body,
        REMOTE_ADDR    => $address,
        %variables,
    }, $body);
}

my $worker = Setlink::FastCGI->start(%settings,
    SETLINK_REGISTRATION_LIMIT => 3);
my $other = Setlink::FastCGI->start(%settings,
    SETLINK_REGISTRATION_LIMIT => 3);

sub from { return $worker->request(registration(@_)) }

# Use up the registrations of an address.
sub exhaust {
    my ($address, %variables) = @_;
    is_status(from($address, undef, %variables), 200, "$address, $_ of 3")
        for 1 .. 3;
    return;
}

sub is_refused {
    my ($answer, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is_problem($answer, 429, qr/\Ano more than 3 registrations/, $name);
    return ok($answer->{headers}{'retry-after'}, 'told when to come again');
}

subtest 'an address' => sub {
    exhaust('192.0.2.1');
    is_refused(from('192.0.2.1'), 'the fourth');
    is_refused($other->request(registration('192.0.2.1')),
        'also by another worker');
    is_refused(from('::ffff:192.0.2.1'), 'also in its other form');
    is_status(from('192.0.2.2'), 200, 'its neighbour may');
    is((rows('SELECT COUNT(*) FROM djs'))[0][0], 4, 'no more were registered');
    is((rows('SELECT MAX(count) FROM address_counts'))[0][0], 3,
        'who is refused is not counted');
    like($worker->log, qr/event=too_many_writes client=192\.0\.2\.1 /,
        'the log has it');
    is_status($worker->request({ REMOTE_ADDR => '192.0.2.1',
        REQUEST_URI => '/api/djs' }), 200, 'it may read');
};

subtest 'an hour' => sub {
    rows('UPDATE address_counts SET window_at ='
        . ' UTC_TIMESTAMP(6) - INTERVAL 59 MINUTE');
    is_refused(from('192.0.2.1'), 'before it is over');
    rows('UPDATE address_counts SET window_at ='
        . ' UTC_TIMESTAMP(6) - INTERVAL 61 MINUTE');
    exhaust('192.0.2.1');
    is_refused(from('192.0.2.1'), 'then it is counted from one');
    is((rows('SELECT COUNT(*) FROM address_counts'))[0][0], 2,
        'old rows stay while no new ones come');
    is_status(from('192.0.2.3'), 200, 'a new one');
    is((rows('SELECT COUNT(*) FROM address_counts'))[0][0], 2,
        'takes the old ones away');
    forget();
};

subtest 'requests of guests' => sub {
    my ($dj) = map { $_->[0] } rows('SELECT LOWER(HEX(id)) FROM djs LIMIT 1');
    $dj =~ s/(.{8})(.{4})(.{4})(.{4})(.*)/$1-$2-$3-$4-$5/;
    my $body = JSON::PP->new->encode({ guest_name => 'G',
        guest_email => 'g@x.example' });
    my %request = (
        REQUEST_METHOD => 'POST',
        REQUEST_URI    => "/api/djs/$dj/request",
        CONTENT_TYPE   => 'application/json',
        CONTENT_LENGTH => length $body,
        REMOTE_ADDR    => '192.0.2.1',
    );
    is_status($worker->request(\%request, $body), 201,
        'are counted by themselves') for 1 .. 3;
    is_problem($worker->request(\%request, $body), 429,
        qr/\Ano more than 3 requests/, 'and limited, too');
};

subtest 'IPv6' => sub {
    exhaust('2001:db8::1');
    is_refused(from('2001:db8::ffff:1'), 'one client has a /64');
    is_status(from('2001:db8:0:1::1'), 200, 'the next /64 is another one');
    forget();
};

subtest 'loopback' => sub {
    is_status(from($_), 200, "$_ is not counted")
        for ('127.0.0.1', '::1', '127.8.8.8', '::ffff:127.0.0.1') x 2;
    is((rows('SELECT COUNT(*) FROM address_counts'))[0][0], 0, 'not at all');
};

subtest 'behind a proxy' => sub {
    my @through = (HTTP_X_FORWARDED_FOR => '192.0.2.1');
    exhaust('198.51.100.7', @through);
    is_refused(from('198.51.100.7', undef, @through), 'its client is counted');
    is_refused(from('192.0.2.1'), 'which is the same without it');
    is_status(from('198.51.100.7', undef,
        HTTP_X_FORWARDED_FOR => '192.0.2.2'), 200, 'another client may');
    is_status(from('198.51.100.7', undef,
        HTTP_X_FORWARDED_FOR => '192.0.2.1, 192.0.2.3'), 200,
        'what its client wrote does not count');
    forget();
    is_status(from('203.0.113.1', undef,
        HTTP_X_FORWARDED_FOR => "192.0.2.$_"), 200, "nobody's proxy, $_ of 3")
        for 1 .. 3;
    is_refused(from('203.0.113.1', undef, HTTP_X_FORWARDED_FOR => $_),
        "a stranger who says $_ stays himself") for '192.0.2.4', '127.0.0.1';
    forget();
};

subtest 'what counts' => sub {
    for (1 .. 4) {
        is_problem(from('192.0.2.1', ''), 400, qr/\Aname:/, 'a bad name');
    }
    is((rows('SELECT COUNT(*) FROM address_counts'))[0][0], 0,
        'what is malformed does not');
    is_status(from('192.0.2.1', 'Taken'), 200, 'a name');
    is_problem(from('192.0.2.1', 'TAKEN'), 409, qr/\Aname:/, 'and once more')
        for 1 .. 2;
    is_refused(from('192.0.2.1', 'TAKEN'), 'to try names is to register');
    forget();
};

subtest 'many at the same time' => sub {
    my @workers = ($worker, $other, map { Setlink::FastCGI->start(%settings,
            SETLINK_REGISTRATION_LIMIT => 3) } 1 .. 4);
    my @sockets = map {
        my ($variables, $body) = registration('192.0.2.1');
        my $socket = $workers[$_ % @workers]->dial;
        syswrite $socket, Setlink::FastCGI::request_bytes(
            Setlink::FastCGI::variables(%$variables), $body);
        $socket;
    } 1 .. 30;
    my %statuses;
    for my $socket (@sockets) {
        my $answer = Setlink::FastCGI::answer_of(
            Setlink::FastCGI::read_all($socket));
        $statuses{ $answer->{status} }++;
        close $socket;    # the worker waits for that
    }
    is_deeply(\%statuses, { 200 => 3, 429 => 27 }, 'three are taken');
    forget();
};

subtest 'no limit' => sub {
    my $free = Setlink::FastCGI->start(%settings,
        SETLINK_REGISTRATION_LIMIT => 0);
    is_status($free->request(registration('192.0.2.1')), 200, 'one of many')
        for 1 .. 5;
    is((rows('SELECT COUNT(*) FROM address_counts'))[0][0], 0,
        'nothing is counted');
    my $usual = Setlink::FastCGI->start(%settings);
    $usual->request(registration('192.0.2.1', 'Taken')) for 1 .. 60;
    is((rows('SELECT count FROM address_counts'))[0][0], 60, 'sixty');
    is_problem($usual->request(registration('192.0.2.1')), 429, qr/than 60 /,
        'are the default');
};

subtest 'without the database' => sub {
    my $lost = Setlink::FastCGI->start(%settings,
        SETLINK_DB_SOCKET => '/nonexistent');
    is_problem($lost->request(registration('192.0.2.1')), 503, qr/database/,
        'nobody registers');
};

unlike($worker->log, qr/Sanitizer|runtime error:/, 'no sanitizer complained');
done_testing;
