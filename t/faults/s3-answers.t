# SPDX-License-Identifier: MIT
# MinIO answers, but with errors, without end, or a byte a second, while clients
# are served.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Setlink::Hostile qw(answer listing object send_bytes pour relay);
use Setlink::Process qw(scratch);
use Setlink::StoreFault;
use Test::More;

my $MOST = 1 << 28;
my $HEAD = "HTTP/1.1 200 OK\r\n\r\n";
my $BUSY = '<Error><Code>SlowDown</Code></Error>';

my %answers = (
    busy => sub { send_bytes($_[0], answer(503, $BUSY)) },
    asks => sub { send_bytes($_[0],
        answer(503, $BUSY, 'Retry-After' => 3600)) },
    body => sub {
        send_bytes($_[0], "$HEAD<ListBucketResult>");
        pour($_[0], '<x></x>' x 10_000, $MOST);
    },
    empty => sub { send_bytes($_[0], $_[1] =~ /list-type=2/
        ? answer(200, listing('session-recorder', ''))
        : answer(404, '<Error><Code>NoSuchBucket</Code></Error>')) },
    slow => sub {
        send_bytes($_[0], $HEAD);
        while (1) {
            send_bytes($_[0], ' ');
            sleep 1;
        }
    },
);

my $mode_file = scratch() . '/mode';
my $port;

sub mode {
    open my $file, '<', $mode_file or return 'none';
    return scalar(<$file>) // 'none';
}

sub set_mode {
    my ($mode) = @_;
    open my $file, '>', "$mode_file.new" or die "$mode_file: $!\n";
    print {$file} $mode;
    close $file or die "$mode_file: $!\n";
    rename "$mode_file.new", $mode_file or die "$mode_file: $!\n";
    return;
}

my $front;
my $store = Setlink::StoreFault->start(sub {
    $port = $_[0]->port;
    $front = Setlink::Hostile->start(sub {
        my $answer = $answers{ mode() };
        return $answer ? $answer->(@_) : relay(@_[0, 1], $port);
    });
    return $front->url;
});

for my $case (
    ['503 SlowDown', 'busy', 15, qr/SlowDown/],
    ['503 with Retry-After of an hour', 'asks', 15, qr/SlowDown/],
    ['a listing without end', 'body', 15, qr/sent more than the/],
    ['an empty bucket by error', 'empty', 15, qr/NoSuchBucket/, 200],
    ['a byte a second', 'slow', 60, qr/cannot be reached: Timeout/],
) {
    my ($name, $mode, $seconds, $why, $ready) = @$case;
    my $before;
    $store->fails_unnoticed("MinIO: $name", seconds => $seconds,
        break => sub { set_mode($mode); $before = $front->requests },
        mend => sub {
            note(($front->requests - $before) . ' requests to MinIO');
            set_mode('none');
        },
        like => $why, ready => $ready);
}

$store->end;
done_testing;
