# SPDX-License-Identifier: MIT
# The recorder's back end, as it behaves by what was seen of the real one: which
# objects it stores and removes, and when, for what was to be heard, and for
# restarts, cuts and deletions. It keeps the truth, too: which time of the clock
# each file begins at.
package Setlink::RecorderServer;

use strict;
use warnings;

use Digest::MD5 qw(md5_hex);
use List::Util qw(sum0);
use POSIX qw(floor);
use Setlink::Http qw(write_json);
use Setlink::Recordings qw(rfc3339 recording_prefix);

# Windows of a second become a chunk of 28, or the last one of 5 MiB.
my $CHUNK      = 28;
my $PADDED     = 5_242_880 / 192_000;
my $BYTES      = 192_000;
my $REST       = 5;
my $ZERO_TIME  = '0001-01-01T00:00:00Z';

# So much faster than it plays is a recording rendered.
my $RENDER = 400;

# `random`, code that returns a number below 1; `wall`, whether end_time is of
# the last close by the clock (else it is the start and the duration);
# `recorders`, each with `id`, `name` and `slow`, the seconds that its clock is
# behind; `sparse`, of how many chunks one has an event.
sub new {
    my ($class, %option) = @_;
    my $self = bless { sparse => 10, %option, changes => [], queue => [],
        number => 0, up => 1, truth => {} }, $class;
    $_->{session} = undef for @{ $self->{recorders} };
    return $self;
}

# Times are in milliseconds, as the object store tells them.
sub ms { return floor($_[0] * 1000 + 0.5) / 1000 }

sub between { my ($self, $low, $high) = @_;
    return $low + ($high - $low) * $self->{random}->() }

# --- What comes later. What the server is to do is lost when it ends.

sub later {
    my ($self, $time, $code, %more) = @_;
    push @{ $self->{queue} }, { time => $time, code => $code,
        number => $self->{number}++, life => $self->{life}, %more };
    return;
}

sub next_task {
    my ($self) = @_;
    my ($first) = sort { $a->{time} <=> $b->{time}
            || $a->{number} <=> $b->{number} } @{ $self->{queue} };
    $self->{queue} = [grep { $_ != $first } @{ $self->{queue} }] if $first;
    return $first;
}

# Do all of a script, steps of [time, name, recorder, arguments...]; returns the
# changes of the bucket by time.
sub run {
    my ($self, @script) = @_;
    $self->{life} = 0;
    for my $step (@script) {
        my ($time, $name, @arguments) = @$step;
        $self->later($time, sub { $self->$name($time, @arguments) },
            lasting => 1);
    }
    while (my $task = $self->next_task) {
        next if !$task->{lasting} && $task->{life} != $self->{life};
        $task->{code}->();
    }
    @{ $self->{changes} } = sort { $a->{at} <=> $b->{at}
            || $a->{number} <=> $b->{number} } @{ $self->{changes} };
    return @{ $self->{changes} };
}

# --- Objects.

sub change {
    my ($self, $at, %change) = @_;
    push @{ $self->{changes} }, { at => ms($at), number => $self->{number}++,
        %change };
    return;
}

sub prefix {
    my ($session) = @_;
    return recording_prefix({ recorder => $session->{recorder}{id},
        id => $session->{id} });
}

sub put {
    my ($self, $at, $session, $name, %object) = @_;
    $object{etag} //= md5_hex($object{content} // "$name $object{size}");
    $object{size} //= length $object{content};
    $self->change($at, key => prefix($session) . "/$name", name => $name,
        id => $session->{id}, %object);
    return;
}

sub put_metadata {
    my ($self, $at, $session, $part) = @_;
    my $start = $session->{start} - $session->{recorder}{slow};
    my $length = $part ? floor($part->{stored} + 1e-6) : 0;
    my $end = $start + $length;
    $end = $part->{begin} - $session->{recorder}{slow} + $length
        if $part && $self->{wall};
    $self->put($at, $session, 'metadata.json', closed => $part ? 1 : 0,
        reopens => $session->{reopened} && !$part ? 1 : 0,
        content => write_json({
        id          => $session->{id},
        recorder_id => $session->{recorder}{id},
        name        => '',
        start_time  => rfc3339($start),
        end_time    => $part ? rfc3339($end) : $ZERO_TIME,
        duration    => $length * 1_000_000_000,
        is_closed   => $part ? \1 : \0,
        keep        => \0,
        segments    => undef,
    }));
    return;
}

# --- A session while it is open. `since` is when the first window began that
# is in memory; `chunks` are those in the bucket.

# Windows are of a second, and the first one has begun a little before.
sub store_chunk {
    my ($self, $session) = @_;
    my $number = $session->{number}++;
    my $chunk = { number => $number, begin => $session->{since},
        stored => $CHUNK, heard => $CHUNK };
    push @{ $session->{chunks} }, $chunk;
    $session->{since} += $CHUNK;
    $self->put_chunk($session, $chunk, $session->{since},
        @{ $session->{chunks} } > 1 && $number % $self->{sparse} != 0);
    $self->expect_chunk($session);
    return;
}

# Not all have an event: as many would take long, and each tells how many there
# were before it.
sub put_chunk {
    my ($self, $session, $chunk, $at, $quiet) = @_;
    $self->put($at, $session, sprintf('chunks/%016d', $chunk->{number}),
        size => $chunk->{stored} * $BYTES, quiet => $quiet ? 1 : 0,
        etag => md5_hex("$session->{id} $chunk->{begin}"));
    $chunk->{change} = $self->{changes}[-1];
    return;
}

# The last one has an event in any case.
sub tell_last_chunk {
    my ($session) = @_;
    $session->{chunks}[-1]{change}{quiet} = 0 if @{ $session->{chunks} };
    return;
}

sub expect_chunk {
    my ($self, $session) = @_;
    my $since = $session->{since};
    return if defined $session->{to} && $session->{to} < $since + $CHUNK;
    $self->later($since + $CHUNK, sub {
        return if !$session->{open} || $session->{since} != $since
            || (defined $session->{to} && $session->{to} < $since + $CHUNK);
        $self->store_chunk($session);
    });
    return;
}

# The first window of a session comes in, or the first one after a restart.
sub receive {
    my ($self, $time, $session) = @_;
    my $recorder = $session->{recorder};
    my $before = $recorder->{session};
    $session->{reopened} = 1 if $session->{known};
    @{$session}{qw(known open number chunks)} = (1, 1, 0, []);
    $session->{since} = $time + $self->between(-0.8, 0.2);
    $session->{deleted} = 0;
    $recorder->{session} = $session;
    $self->put_metadata($time + 0.02, $session);
    $self->expect_chunk($session);
    $self->close_session($time + 0.03, $before)
        if $before && $before != $session;
    return;
}

sub close_session {
    my ($self, $time, $session) = @_;
    $session->{open} = 0;
    return if !@{ $session->{chunks} };
    $session->{crashes} = $session->{deleted};
    my $to = $session->{to} // $time;
    $to = $time if $to > $time;
    my $rest = floor($to - $session->{since});
    tell_last_chunk($session);
    if ($rest > 0) {
        my $heard = ($session->{silent} // $to) - $session->{since};
        $heard = $heard < 0 ? 0 : $heard > $rest ? $rest : $heard;
        push @{ $session->{chunks} }, { number => $session->{number}++,
            begin => $session->{since}, stored => $PADDED,
            heard => $heard };
        $self->put_chunk($session, $session->{chunks}[-1], $time + 0.05);
    }
    $self->render($time + 0.1, $session);
    return;
}

# --- Rendering.

# What is in the files, which are made of all chunks there are.
sub part_of {
    my ($session) = @_;
    my @chunks = @{ $session->{chunks} };
    my $stored = sum0 map { $_->{stored} } @chunks;
    my $heard = $stored - $chunks[-1]{stored} + $chunks[-1]{heard};
    my $silent = $session->{silent};
    $heard = $silent - $chunks[0]{begin} if defined $silent
        && $silent - $chunks[0]{begin} < $heard;
    return { begin => $chunks[0]{begin}, stored => $stored,
        heard => $heard < 0 ? 0 : $heard };
}

my %FILES = (ogg => 'data.ogg', flac => 'data.flac',
    waveform => 'waveform.dat', overview => 'overview.png');

# Returns when it is done. The order of the files varies.
sub render {
    my ($self, $time, $session) = @_;
    my $part = part_of($session);
    my $raw = ms($time + $self->between(0.1, 0.9));
    my $takes = $self->between(1.5, 4) + $part->{stored} / $RENDER;
    my $etag = md5_hex("$session->{id} $part->{begin} $part->{stored}");
    my @rest = map { [$raw + $takes * $self->between(0.3, 1), $_] }
        sort keys %FILES;
    $self->later($raw, sub { $self->put($raw, $session, 'data.raw',
        size => $part->{stored} * $BYTES, etag => "$etag-2",
        truth => $part) });
    my $closed = $raw + $self->between(0.003, 0.016);
    $self->later($closed, sub { $self->put_metadata($closed, $session, $part) })
        if !$session->{deleted};
    for my $file (@rest) {
        my ($at, $name) = @$file;
        $self->later($at, sub { $self->put($at, $session, $FILES{$name},
            $self->file_of($name, $part, $etag)) });
    }
    my $end = $raw + $takes + 0.05;
    $self->later($end, sub { $self->end_render($end, $session) });
    return $end;
}

sub end_render {
    my ($self, $time, $session) = @_;
    $self->change($time, remove => prefix($session) . '/chunks/',
        id => $session->{id});
    $session->{chunks} = [];
    # A session that was deleted is not there any more when it is closed.
    $self->restart($time + 0.1, $self->between(3, 12))
        if delete $session->{crashes};
    return;
}

# A waveform is made when it is read; each time that an OGG is made its stream
# has another number.
sub file_of {
    my ($self, $name, $part, $etag) = @_;
    my $seed = $name eq 'ogg' ? $self->{number}++ : 0;
    my $pairs = floor($part->{stored} * 48_000 / 256);
    my $loud = floor($part->{heard} * 48_000 / 256);
    return (truth => $part, etag => md5_hex("$name $etag $seed"),
        $name eq 'waveform'
        ? (waveform => [$pairs, $loud], size => 20 + 2 * $pairs)
        : (size => floor($part->{stored} * 16_000)));
}

# --- What happens.

# There is something to hear from now on.
sub on {
    my ($self, $time, $n) = @_;
    my $recorder = $self->{recorders}[$n];
    return if $recorder->{sends};
    my $session = $recorder->{sends} = { recorder => $recorder,
        id => $self->{make_id}->(), start => $time };
    push @{ $self->{sessions} }, $session;
    $self->receive($time, $session) if $self->{up};
    return;
}

# And no longer. The client goes on for a while.
sub off {
    my ($self, $time, $n) = @_;
    my $recorder = $self->{recorders}[$n];
    my $session = delete $recorder->{sends} // return;
    @{$session}{qw(to silent)} = ($time + $REST, $time);
    return;
}

sub cut {
    my ($self, $time, $n) = @_;
    my $session = delete $self->{recorders}[$n]{sends} // return;
    $session->{to} = $time;
    return $self->on($time, $n);
}

# Somebody deletes the session that is being recorded. What is in memory stays.
sub delete_open {
    my ($self, $time, $n) = @_;
    my $session = $self->{recorders}[$n]{session};
    return if !$self->{up} || !$session || !$session->{open}
        || defined $session->{to};
    tell_last_chunk($session);
    $self->change($time, remove => prefix($session) . '/',
        id => $session->{id});
    @{$session}{qw(chunks deleted)} = ([], 1);
    return;
}

# The server ends, and is there again after so many seconds. It renders all
# that has chunks before it listens.
sub restart {
    my ($self, $time, $down) = @_;
    return if !$self->{up};
    $self->{up} = 0;
    $self->{life}++;
    $_->{session} = undef for @{ $self->{recorders} };
    my @unfinished = grep { $_->{known} && @{ $_->{chunks} } }
        @{ $self->{sessions} // [] };
    my $up = $time + $down;
    for my $session (@unfinished) {
        tell_last_chunk($session) if $session->{open};
        $up = $self->render($up, $session) + 0.1;
    }
    $_->{open} = 0 for @{ $self->{sessions} // [] };
    $self->later($up, sub { $self->listen_again($up) });
    return;
}

# Clients that send go on, with their next window.
sub listen_again {
    my ($self, $time) = @_;
    $self->{up} = 1;
    for my $recorder (@{ $self->{recorders} }) {
        my $session = $recorder->{sends} or next;
        my $at = $time + $self->between(0.1, 1);
        $session->{start} = $at if !$session->{known};
        $self->later($at, sub {
            $self->receive($at, $session) if ($recorder->{sends} // 0)
                == $session });
    }
    return;
}

1;
