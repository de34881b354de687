# SPDX-License-Identifier: MIT
# An instance under load whose MinIO fails: what its clients must not notice.
package Setlink::StoreFault;

use strict;
use warnings;

use Setlink::Instance;
use Setlink::Load;
use Setlink::Minio;
use Setlink::Night qw(link_target new_recording);
use Setlink::Recordings qw(recording_objects);
use Test::More;
use Time::HiRes qw(sleep time);

my $BUCKET = 'session-recorder';

# A MinIO with recordings, and an instance that reaches it at what `front`
# makes of it, a URL. The index is stale after a second, so that requests start
# one refresh after the other.
sub start {
    my ($class, $front) = @_;
    my $self = bless { minio => Setlink::Minio->start }, $class;
    my $minio = $self->{minio};
    my $begin = time - 86_400;
    my @recordings = map { new_recording(start => $begin + $_ * 600,
        end => $begin + $_ * 600 + 500, files => ['ogg']) } 1 .. 20;
    $minio->make_bucket($BUCKET);
    $minio->put($BUCKET, { 'metadata.json' => '{}',
        map { recording_objects($_) } @recordings });
    $self->{instance} = Setlink::Instance->start(workers => 4, settings => {
        $minio->settings($BUCKET),
        SESSION_RECORDER_MINIO_ENDPOINT => $front->($minio),
        SESSION_RECORDER_SYNC_INTERVAL  => 1,
    });
    $self->{instance}->sync;
    $self->{link} = [link_target('%s', $recordings[0])];
    return $self;
}

sub minio { return $_[0]{minio} }

sub value {
    my ($self, $sql) = @_;
    return ($self->{instance}->query($sql))[0][0];
}

# Wait until a query says yes; whether it has within `seconds`.
sub comes_true {
    my ($self, $sql, $seconds) = @_;
    my $end = time + $seconds;
    until ($self->value($sql)) {
        return 0 if time > $end;
        sleep 0.2;
    }
    return 1;
}

my $FAILS = 'SELECT failed_at IS NOT NULL FROM sync_state';
my $FRESH = 'SELECT failed_at IS NULL AND finished_at >'
    . ' UTC_TIMESTAMP(6) - INTERVAL 5 SECOND FROM sync_state';
my $WHOLE = 'SELECT COUNT(*) = 20 FROM recordings'
    . ' WHERE gone_at IS NULL AND ogg_size > 0 AND name IS NOT NULL';

# Serve clients while `break` has been called, until the refresh has failed
# (within so many seconds), and after `mend`. `like` is what the failure says,
# `ready` the status of /ready meanwhile.
sub fails_unnoticed {
    my ($self, $fault, %option) = @_;
    my $instance = $self->{instance};
    my $load = Setlink::Load->start(port => [$instance->port],
        link => $self->{link});
    $load->run_for(3)->fault_begins;
    $option{break}->();
    ok($self->comes_true($FAILS, $option{seconds}),
        "$fault: refreshes fail within $option{seconds} seconds");
    like($self->value('SELECT failure FROM sync_state'), $option{like},
        "$fault: and tell why");
    my $ready = $instance->request('GET', '/ready');
    is($ready->{status}, $option{ready} // 503, "$fault: /ready");
    like($ready->{content}, qr/the last refresh failed/, "$fault: tells, too");
    my ($status, $out) = $instance->command('check');
    is($status, 1, "$fault: and setlink check");
    like($out, qr/^FAIL  (?:MinIO|index) .*$option{like}/m,
        "$fault: which names the reason");
    $load->run_for(3);
    ok($self->value($WHOLE), "$fault: nothing is taken for gone");
    $option{mend}->();
    $load->fault_over;
    ok($self->comes_true($FRESH, 40), "$fault: the index is refreshed again");
    is($instance->request('GET', '/ready')->{status}, 200,
        "$fault: and ready");
    my $result = $load->run_for(2)->stop;
    $load->check_nothing_lost(sub { $instance->query($_[0]) });
    $load->report($fault);
    is($result->{refused}, 0, "$fault: no client was refused anything");
    cmp_ok($result->{served_in_fault}, '>', 0, "$fault: they were served");
    return;
}

sub end {
    my ($self) = @_;
    $self->{instance}->is_clean;
    return;
}

1;
