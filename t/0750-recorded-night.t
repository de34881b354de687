# SPDX-License-Identifier: MIT
# A night whose recordings come as the recorder stores them: each set finds its
# own by itself, with MinIO's events and without any.
#
# MinIO's clock does not move with the one of the programs. So no recording goes
# on here under the same id after a restart: when it does is told by the time at
# which metadata is stored (t/nights/random.t has a store with another
# clock, t/0770-audio.t the real time). The night lies in the past, where a
# chunk is as old as its event, or new when it is listed, and events that come
# in together have no order. So this does not show how an open recording ends
# with its newest chunk (t/data/matching.txt does), nor what is done with events
# out of order (t/0700-events.t). Nor how fast things are: MinIO looks every
# three seconds for events to send, which may be an hour here.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use HTTP::Tiny;
use List::Util qw(max min);
use POSIX qw(floor);
use Setlink::Evening;
use Setlink::Instance;
use Setlink::Night qw(get_set);
use Setlink::Recorder qw(is_lost audible_seconds content indexed);
use Setlink::Recordings qw(rfc3339 seconds_of uuid_of);
use Test::More;
use Time::HiRes qw(sleep);

my $BASE = '/api/session-recorder';
my $HOUR = 3600;
my $DAY  = 24 * $HOUR;

# --- What happens. Minutes count from the start of the event; midnight is in
# minute 210, and the real clock many hours past the last of them, at any time.

my $SLOT = 60;
my $END  = 400;
my $LAST = 650;
my $start = floor(time / $DAY - 1) * $DAY - 3.5 * $HOUR;

sub at { return $start + 60 * $_[0] }

# The recorder's times have fractions.
sub take {
    my ($number, $from, $to, $closed, %more) = @_;
    return {
        id     => uuid_of(0xb0000000 + $number, $number),
        from   => at($from) + 0.25,
        to     => at($to) + 0.25,
        closed => defined $closed ? at($closed) + 0.25 : undef,
        %more,
        $more{again} ? (again => at($more{again}) + 0.25) : (),
    };
}

# The clock of the one at the desk is slow, as the host has noticed. The other
# one begins when sets do, and is in the bar.
my $desk = Setlink::Recorder->new(id => uuid_of(0xa0000001, 1),
    name => 'Main Floor', slow => 240);
my $bar = Setlink::Recorder->new(id => uuid_of(0xa0000002, 2), name => 'Bar');
my @check = map { take($_, -500, -480, -470) } 1, 2;

my @desk = (
    take(10, -3, 118, 119.5),        # goes on from set to set
    take(11, 119.5, 119.8, 121),     # shorter than a chunk
    take(12, 121, 150, 156),         # a silence after it
    take(13, 156, 195, 195),         # cut
    take(14, 195, 215, 218),
    # Padded beyond the next one's start. The server ends while it renders it,
    # and makes the files once more.
    take(15, 218, 239.95, 240.1, again => 241.5),
    take(16, 240.1, 265, 265.5, restart => 1),
    take(18, 267, 335, 335),
    take(17, 335, 402, 640),         # open until somebody cleans the floor
    take(19, 640, 645),
);
my @bar = (take(30, 0, 200, 240), take(31, 240, 420, 430), take(32, 430, 470));

# What can be heard at the desk in files, once all are there.
my %heard;
for my $take (grep { defined $_->{closed} && !is_lost($_) } @desk) {
    $heard{ $take->{id} } = { %$take,
        to => $take->{from} + audible_seconds($take) };
}

# The parts of a set that lasts from one minute to another one: recording, when
# in it the set begins, how long it is on it.
sub parts_of {
    my ($from, $to) = map { at($_) } @_;
    my @parts;
    for my $take (sort { $a->{from} <=> $b->{from} } values %heard) {
        my $begin = max($from, $take->{from});
        my $length = min($to, $take->{to}) - $begin;
        push @parts, [$take->{id}, max($from - $take->{from}, 0), $length]
            if $length > 0;
    }
    return @parts;
}

# The sets: from, to, how many parts, and why it has the first one.
my @sets = (
    [0, 60, 1, q{begins 2:59 before the set's start}],
    [60, 120, 1, q{runs through the set's start, covers 58 of 60 minutes}],
    [120, 180, 2, q{begins 1:00 after the set's start}],
    [180, 240, 3,
        q{begins 38:00 after the set's start, covers 21 of 60 minutes}],
    [240, 300, 2, q{begins 0:06 after the set's start}],
    [300, 360, 2, q{runs through the set's start, covers 35 of 60 minutes}],
    [360, $END, 1, q{runs through the set's start, covers 40 of 40 minutes}],
);
is(scalar(parts_of(@{$_}[0, 1])), $_->[2], "minutes $_->[0] to $_->[1]:"
    . " $_->[2] parts") for @sets;

# --- How it happens.

my ($instance, $night, $rows, $sent, @plays);

sub eventually {
    my ($name, $look) = @_;
    for (1 .. 600) {
        return pass($name) if $look->();
        sleep 0.05;
    }
    return fail($name);
}

# Do a step of a recorder. Its removals give no event.
sub store {
    my ($objects, $remove) = @_;
    $instance->{minio}->requests(['DELETE', $instance->bucket, $remove, '', [],
        { 'x-minio-force-delete' => 'true' }]) if defined $remove;
    $instance->put(%$objects);
    $sent = { %$sent, %$objects };
    return;
}

# Let the events come in: MinIO looks each three seconds whether it has some.
sub receive {
    my $sql = indexed($sent);
    eventually('events come in', sub { $rows->value("SELECT $sql AND NOT"
            . ' EXISTS (SELECT 1 FROM events_pending)') });
    $sent = {};
    return;
}

# What recorders do, as [time, code].
sub recorder_steps {
    my ($recorder, @takes) = @_;
    return map { my (undef, @what) = @$_; [$_->[0], sub { store(@what) }] }
        map { $recorder->steps($_) } @takes;
}

# By time; what is of the same time in order.
sub play {
    my @steps = @_;
    for my $i (sort { $steps[$a][0] <=> $steps[$b][0] || $a <=> $b }
        0 .. $#steps) {
        $instance->clock_set($steps[$i][0]);
        $steps[$i][1]->();
    }
    return;
}

# Before the night: the host's own requests.
sub set_up {
    my ($events) = @_;
    $instance = Setlink::Instance->start(clock => 1, events => $events,
        settings => { SESSION_RECORDER_SYNC_INTERVAL => $DAY });
    $rows = $instance->{database}->connect('setlink');
    $night = Setlink::Evening->new($instance, start => $start, slot => $SLOT);
    ($sent, @plays) = ({});
    $instance->put(map { $_->objects } $desk, $bar);
    play(recorder_steps($desk, $check[0]), recorder_steps($bar, $check[1]));
    receive() if $events;
    $instance->sync;
    $night->request('PUT', "$BASE/recorders/$desk->{id}",
        { clock_correction_seconds => $desk->{slow} });
    $night->request('PUT', "$BASE/recorders/$bar->{id}", { room => 'Bar' });
    $night->go(-400)->plan_event;
    return;
}

# The sets in order of time.
sub sets_now {
    return sort { $a->{started_at} cmp $b->{started_at} }
        @{ $night->get('/api/sessions?limit=100') };
}

# DJs register, a screen in the hall shows the timetable, the host ends it.
sub night_steps {
    return (
        (map { my $dj = $_; [at(-300 + 20 * $dj),
            sub { $night->request('POST', '/api/djs/register',
                { name => "DJ $dj" }) }] } 1 .. 9),
        (map { my $slot = $_; [at($sets[$slot][0] - 5), sub {
            $plays[$slot] = $night->get('/api/lottery/next')->{id} }] }
            0 .. $#sets),
        (map { [at(5 * $_), sub { $night->get('/api/event/timetable') }] }
            -60 .. $END / 5 - 1),
        [at($END), sub { $night->request('POST', '/api/event/end') }],
    );
}

# With what the test looks at meanwhile.
sub play_night {
    my @looks = @_;
    play(recorder_steps($desk, @desk), recorder_steps($bar, @bar),
        night_steps(), @looks, [at($LAST), sub { }]);
    return;
}

# --- What comes of it.

sub is_near { return defined $_[0] && abs($_[0] - $_[1]) < 1 }

# What is wrong with the recordings of a set.
sub wrong_parts {
    my ($set, @want) = @_;
    my @parts = @{ $set->{recordings} };
    my (@wrong, $number);
    push @wrong, 'parts: ' . join ' ', map { $_->{id} } @parts
        if @parts != @want;
    for my $part (@parts) {
        my ($id, $offset, $length) = @{ shift @want // [''] };
        my $name = 'part ' . ++$number;
        push @wrong, "$name is $part->{recorder_id}/$part->{id}"
            if "$part->{recorder_id}/$part->{id}" ne "$desk->{id}/$id";
        push @wrong, "$name is numbered $part->{part}"
            if $part->{part} != $number;
        push @wrong, "$name at $part->{offset_seconds}"
            if !is_near($part->{offset_seconds}, $offset // 0);
        push @wrong, "$name lasts " . ($part->{duration_seconds} // 'null')
            if !is_near($part->{duration_seconds}, $length // 0);
    }
    return @wrong;
}

# Whether the OGG of each part can be had.
sub wrong_files {
    my ($set) = @_;
    my @wrong;
    for my $part (@{ $set->{recordings} }) {
        my $answer = HTTP::Tiny->new->get($part->{urls}{ogg_url} // '');
        my $take = $heard{ $part->{id} } // next;
        push @wrong, "part $part->{part}: $answer->{status} $answer->{content}"
            if $answer->{status} != 200
            || $answer->{content} ne content($take, 'ogg', $take->{again});
    }
    return @wrong;
}

sub test_sets {
    my @found = sets_now();
    is_deeply([map { [@{$_}{qw(dj_id started_at ended_at)}] } @found],
        [map { [$plays[$_], map { rfc3339(at($_)) } @{ $sets[$_] }[0, 1]] }
            0 .. $#sets], 'who had a turn has played a set');
    for my $i (0 .. $#found) {
        my $set = get_set($instance, $found[$i]{id});
        is_deeply([wrong_parts($set, parts_of(@{ $sets[$i] }[0, 1])),
            wrong_files($set)], [], "set $i has its recordings");
        is($set->{upload_status}, 'uploaded', 'and is uploaded');
    }
    return;
}

# What was on a recording for two sets.
sub test_cue {
    my $shared = $desk[0];
    my $sheet = $night->{instance}->request('GET',
        "$BASE/cue/$desk->{id}/$shared->{id}")->{content};
    my @index = map { $_->[0] * 60 + $_->[1] + $_->[2] / 75 }
        map { [split /:/] } $sheet =~ /INDEX 01 (\S+)\r/g;
    is(scalar(grep { is_near($index[$_], at($sets[$_][0]) - $shared->{from}) }
        0, 1), 2, 'the tracks begin with the sets') or diag($sheet);
    is(scalar @index, 2, 'there are two of them');
    my %name = map { $_->{id} => $_->{name} } @{ $night->get('/api/djs') };
    is_deeply([$sheet =~ /^ +PERFORMER "(.*)"\r$/mg], [@name{@plays[0, 1]}],
        'of those who played');
    return;
}

sub test_dry_run {
    my ($status, $out, $err) = $instance->command('relink', '--dry-run');
    my (undef, @lines) = split /\n/, $out;
    is(pop @lines, @sets . ' sets, 0 would be linked anew',
        'nothing is better');
    my @rows = map { $lines[2 * $_] } 0 .. $#sets;
    like($rows[$_], qr/ the same +\Q$sets[$_][3]\E\z/, "why set $_ has its own")
        for 0 .. $#sets;
    is("$status$err", 0, 'relink --dry-run');
    return;
}

sub is_in_sync {
    my ($want, $name) = @_;
    my ($status, $out, $err) = $instance->command('sync');
    is("$status$err", 0, 'setlink sync');
    return like($out, qr/ recordings: $want, .* 0 sets linked$/, $name);
}

sub actions {
    return [map { $_->[0] =~ s{[0-9a-f-]{36}}{ID}r }
        $instance->query('SELECT action FROM audit ORDER BY id')];
}

my @ACTIONS = (("PUT $BASE/recorders/ID") x 2,
    'POST /api/event/start', 'POST /api/event/end');

# Each is as old as MinIO says, when it is listed; and chunks were removed once
# files were there, of which MinIO does not tell.
my %changed = map { $_->{id} => 1 } @desk, @bar;

subtest 'with events' => sub {
    set_up(1);
    my $of = sub { get_set($instance, (sets_now())[$_[0]]{id}) };
    play_night(
        (map { [at($_), \&receive] } 180, 300, $END, $LAST),
        [at(120.4), sub {
            receive();
            eventually('a recording that is shared is closed',
                sub { @{ $of->(0)->{recordings} } && $of->(1) });
            my $set = $of->(0);
            is($set->{upload_status}, 'processing', 'its files are not there');
            is($set->{recordings}[0]{urls}{ogg_url}, undef, 'no address');
        }],
        [at(122.5), sub {
            receive();
            is($of->($_)->{upload_status}, 'uploaded', "the OGG is: set $_")
                for 0, 1;
        }],
        [at(241.3), sub {
            receive();
            eventually('a recording that the server has closed has its OGG',
                sub { my $set = $of->(3);
                    @{ $set->{recordings} } > 2
                        && defined $set->{recordings}[2]{urls}{ogg_url} });
            is($of->(3)->{recording_changed_at}, undef,
                'which is the first one');
        }],
        [at(243), sub {
            receive();
            isnt($of->(3)->{recording_changed_at}, undef,
                'then it is another one, as the set tells');
        }],
    );
    is_deeply(actions(), \@ACTIONS, 'nobody has asked for a link');
    is_in_sync('0 added, ' . keys(%changed) . ' changed, 0 gone',
        'all is known but for times and chunks');
    test_sets();
    test_cue();
    test_dry_run();
    is_deeply([map { $of->($_)->{recording_changed_at} } 2, 4], [undef, undef],
        'who was linked to the new file need not be told');
    is_in_sync('0 added, 0 changed, 0 gone', 'now those, too');
    $instance->stop;
    $instance->is_clean;
};

subtest 'all events lost' => sub {
    set_up(0);
    play_night();
    is_deeply(actions(), \@ACTIONS, 'nobody has asked for a link');
    is_deeply([map { @{ get_set($instance, $_->{id})->{recordings} } }
        sets_now()], [], 'and none is there');
    $instance->sync;
    test_sets();
    test_cue();
    test_dry_run();
    is_in_sync('0 added, 0 changed, 0 gone', 'all is known');
    my ($first) = sets_now();
    is($first->{recording_changed_at}, undef, 'nothing was seen to change');
    store({ $desk->prefix($desk[0]) . '/data.ogg' => 'another one' });
    $instance->sync;
    isnt((sets_now())[0]{recording_changed_at}, undef,
        'what changes is told without events, too');
    $instance->stop;
    $instance->is_clean;
};

done_testing();
