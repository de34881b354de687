# SPDX-License-Identifier: MIT
# The log of the workers: a line a request, what the matcher considered, and
# nothing that a client could forge.
use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/lib";
use Setlink::Instance;
use Setlink::Night qw(new_dj new_set new_recording);
use Setlink::Recordings qw(uuid_of);
use Test::More;

my $HOUR = 3600;
my $begin = int(time) - 24 * $HOUR;
my $instance = Setlink::Instance->start(settings => { SETLINK_LOG => 'debug' });

# The lines of requests since the mark, each as a hash.
sub request_lines {
    return map { fields($_) } grep { /event=request/ }
        split /\n/, $instance->since_mark;
}

sub fields {
    my ($line) = @_;
    my %field = $line =~ /(\w+)=("(?:[^"\\]|\\.)*"|\S*)/g;
    s/\A"(.*)"\z/$1/ for values %field;
    return \%field;
}

subtest 'a line a request' => sub {
    $instance->mark;
    my @cases = (
        ['GET', '/health', 200, '/health'],
        ['HEAD', '/health', 200, '/health'],
        ['GET', '/api/djs/' . uuid_of(1, 1), 404, '/api/djs/{id}'],
        ['GET', '/api/djs/x', 400, '/api/djs/{id}'],
        ['POST', '/api/sessions/start', 400, '/api/sessions/start'],
        ['GET', '/nowhere', 404, '-'],
        ['PATCH', '/health', 405, '-'],
        ['OPTIONS', '/api/djs', 204, '-'],
    );
    my $n = 0;
    $instance->request(@$_[0, 1], undef, 'x-request-id' => 'case-' . $n++)
        for @cases;
    my @lines = request_lines();
    is(scalar @lines, scalar @cases, 'each request has one line');
    for my $n (0 .. $#cases) {
        my ($method, $target, $status, $route) = @{ $cases[$n] };
        my $line = $lines[$n];
        is_deeply([@$line{qw(req method status route client)}],
            ["case-$n", $method, $status, $route, '127.0.0.1'],
            "the line of $method $target");
        like($line->{us}, qr/\A\d+\z/, 'tells how long it took');
        like($line->{time}, qr/\A\d{4}-\d\d-\d\dT[\d:.]+Z\z/,
            'and when it was');
        is($line->{level}, 'info', 'at the level info');
    }
    my $answer = $instance->request('GET', '/api/djs/x');
    my ($last) = reverse request_lines();
    is($last->{req}, $answer->{headers}{'x-request-id'},
        'the id of the answer is the id in the log');
    like($last->{detail}, qr/\Aid: /, 'a refusal says why');
};

subtest 'what the matcher considered' => sub {
    my $right = new_recording(start => $begin, end => $begin + $HOUR);
    my $wrong = new_recording(start => $begin + 100, end => $begin + $HOUR);
    $instance->record($right, $wrong);
    $instance->mark;
    my $id = new_set($instance, $begin, $begin + $HOUR);
    my @lines = map { fields($_) } grep { /event=match/ }
        split /\n/, $instance->since_mark;
    my %reason = map { $_->{recording} => $_ } @lines;
    is($reason{ $right->{id} }{session}, $id, 'it names the set');
    is($reason{ $right->{id} }{chosen}, 'yes', 'what was chosen');
    like($reason{ $right->{id} }{reason}, qr/\Abegins/, 'and why');
    is($reason{ $wrong->{id} }{chosen}, 'no', 'what was not');
    like($reason{ $wrong->{id} }{reason}, qr/\Aanother/, 'and why');
};

# Each would make a line of its own, or move the cursor of a terminal.
my @EVIL = ("x\r\nlevel=error event=forged", "x\nevent=forged",
    "\e[2J\e]0;title\a", "a\x{9b}31m", "\x{202e}forged", "\x{2028}event=forged",
    'x" event=forged "', 'x event=forged', "x\\\" event=forged",
    '%0aevent=forged');

subtest 'nothing is forged' => sub {
    $instance->mark;
    my $sent = 0;
    for my $text (map { utf8::encode(my $bytes = $_); $bytes } @EVIL) {
        my $in_path = $text =~ s/([^\w])/sprintf '%%%02x', ord $1/gre;
        my $one_line = $text =~ s/[\r\n]/ /gr;
        my @requests = (
            ['GET', "/api/djs/$in_path"],
            ['GET', "/$in_path"],
            ['GET', "/api/djs?limit=$in_path"],
            ['GET', '/health', undef, 'x-request-id' => $one_line],
            ['GET', '/health', undef, 'user-agent' => $one_line],
            ['POST', '/api/djs/register', { name => $text }],
            ['POST', '/api/sessions/start', { dj_id => $text }],
            ['POST', '/api/sessions/start', { dj_id => uuid_of(1, 1),
                session_type => $text }],
            ['POST', '/api/session-recorder/sync', undef,
                authorization => "Bearer $one_line", host => 'x.example'],
        );
        $instance->request(@$_) for @requests;
        $sent += @requests;
    }
    my $log = $instance->since_mark;
    my @lines = split /\n/, $log;
    # nginx refuses some of these itself.
    ok(@lines > $sent / 2 && @lines <= $sent, 'no request has two lines')
        or diag(scalar(@lines) . " lines for $sent requests");
    is(scalar(grep { !/\Atime=\S+Z level=\w+ event=request req=[\w.-]+ / }
        @lines), 0, 'all lines are whole');
    unlike($log, qr/[^\x20-\x7e\n]/, 'and hold printable ASCII only');
    is(scalar(grep { fields($_)->{event} ne 'request' } @lines), 0,
        'no field is forged');
};

subtest 'odd names of DJs' => sub {
    $instance->mark;
    my $dj = new_dj($instance, "\x{1f3a7} \"forged\" \\ event=forged");
    my $id = new_set($instance, $begin - 48 * $HOUR, $begin - 47 * $HOUR,
        dj_id => $dj);
    $instance->request('GET', "/api/sessions/$id");
    is(scalar(grep { fields($_)->{event} eq 'forged' }
        split /\n/, $instance->since_mark), 0, 'are not in the log');
};

subtest 'levels' => sub {
    $instance->configure({ SETLINK_LOG => 'warn' });
    $instance->mark;
    $instance->request('GET', '/health');
    unlike($instance->since_mark, qr/event=request/,
        'at warn there are no lines of requests');
    $instance->query('RENAME TABLE djs TO djs_away');
    is($instance->request('GET', '/api/djs')->{status}, 503, 'but a failure');
    like($instance->since_mark, qr/level=error event=request .* status=503/,
        'has one');
    unlike($instance->since_mark, qr/SELECT/, 'without the statement');
    $instance->query('RENAME TABLE djs_away TO djs');
};

$instance->stop;
$instance->is_clean;
done_testing;
