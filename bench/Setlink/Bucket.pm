# SPDX-License-Identifier: MIT
# The bucket of bench/size.pl: a real one, or what bench/bucket.c plays.
package Setlink::Bucket;

use strict;
use warnings;

use HTTP::Tiny;
use POSIX qw(strftime);
use Setlink::Command qw(program);
use Setlink::Minio;
use Setlink::Process qw(scratch start_process wait_until);

my $NAME = 'session-recorder';
my $HOUR = 3600;
my $FIRST = 1_577_836_800;    # 2020, as in bucket.c
my @FILES = qw(data.flac data.ogg data.raw overview.png);
my $WAVEFORM = pack('l<L<l<l<L<', 1, 1, 48_000, 256, 100) . '(' x 200;

sub make {
    my ($class, %self) = @_;
    return bless { %self, http => HTTP::Tiny->new(timeout => 60) }, $class;
}

# One that is played.
sub start {
    my ($class, $recordings, $recorders, $chunks) = @_;
    my $log = scratch() . '/bucket.log';
    my $pid = start_process($log, program('bench/bucket'), $recordings,
        $recorders, $chunks);
    wait_until($pid, $log, sub { -s $log });
    open my $file, '<', $log or die "$log: $!\n";
    my ($port) = <$file> =~ /^(\d+)$/ or die "bench/bucket has no port\n";
    return $class->make(url => "http://127.0.0.1:$port", played => 1,
        user => 'admin', password => 'password123',
        recordings => $recordings, recorders => $recorders);
}

sub recorder_id { return sprintf '%08x-0000-4000-8000-%012x', 16 + $_[0], $_[0] }

sub session_prefix {
    my ($r, $n) = @_;
    return recorder_id($r) . sprintf '/sessions/%08x-0000-4000-8000-%012x', $n,
        $r;
}

sub session_objects {
    my ($r, $n) = @_;
    my $prefix = session_prefix($r, $n);
    my $start = $FIRST + $n * $HOUR + $r;
    my ($from, $to) = map { strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $_) } $start,
        $start + $HOUR - 60;
    return (
        (map { ("$prefix/$_" => 'x') } @FILES),
        "$prefix/waveform.dat"  => $WAVEFORM,
        "$prefix/metadata.json" => qq({"start_time":"$from","end_time":"$to",)
            . '"duration":3540000000000,"is_closed":true,"keep":false}',
    );
}

# A real one.
sub fill_minio {
    my ($class, $recordings, $recorders) = @_;
    my $minio = Setlink::Minio->start;
    $minio->make_bucket($NAME);
    my $self = $class->make(url => $minio->url, minio => $minio,
        user => $minio->user, password => $minio->password,
        recordings => $recordings, recorders => $recorders);
    for my $r (0 .. $recorders - 1) {
        $minio->put_many($NAME, {
            recorder_id($r) . '/metadata.json' => qq({"name":"Room $r"}),
            map { session_objects($r, $_) } 0 .. $recordings / $recorders - 1
        });
    }
    return $self;
}

sub settings {
    my ($self) = @_;
    return (
        SESSION_RECORDER_MINIO_ENDPOINT   => $self->{url},
        SESSION_RECORDER_MINIO_ACCESS_KEY => $self->{user},
        SESSION_RECORDER_MINIO_SECRET_KEY => $self->{password},
        SESSION_RECORDER_BUCKET_NAME      => $NAME,
    );
}

# One recording more.
sub add_one {
    my ($self) = @_;
    if ($self->{played}) {
        $self->{http}->get("$self->{url}/-/more");
        return;
    }
    $self->{minio}->put_many($NAME,
        { session_objects($self->{recorders} - 1, $self->{recordings}) });
    return;
}

# What the bucket has counted; only the one that is played does.
sub counts {
    my ($self) = @_;
    return split / /, $self->{http}->get("$self->{url}/-/counts")->{content};
}

# How many GETs of metadata there were.
sub gets { return ($_[0]->counts)[1] }

# How many connections there were, but for that which asks.
sub connections {
    my ($self) = @_;
    return $self->{played} ? ($self->counts)[3] - 1 : 'some';
}

# Get URLs with one curl, so many at a time. Returns what came last.
sub curl {
    my ($self, $at_once, @urls) = @_;
    return $self->curl_part($at_once, undef, @urls);
}

# The same for a range of bytes.
sub curl_part {
    my ($self, $at_once, $range, @urls) = @_;
    my $path = scratch() . '/curl.conf';
    open my $file, '>', $path or die "$path: $!\n";
    print {$file} map { "url = \"$_\"\noutput = \"" . scratch()
            . "/curl.out\"\n" } @urls;
    close $file or die "$path: $!\n";
    system('curl', '-sSf', '-K', $path, '--aws-sigv4', 'aws:amz:us-east-1:s3',
        '--user', "$self->{user}:$self->{password}",
        '--no-progress-meter', defined $range ? ('-r', $range) : (),
        $at_once > 1 ? ('--parallel', '--parallel-max', $at_once) : ()) == 0
        or die "curl: $?\n";
    open $file, '<', scratch() . '/curl.out' or die "curl.out: $!\n";
    local $/;
    return scalar <$file>;
}

# The URLs of all pages of the listing.
sub pages {
    my ($self) = @_;
    my $url = "$self->{url}/$NAME?encoding-type=url&list-type=2";
    my @pages = ($url);
    while ($self->curl(1, $pages[-1]) =~
        m{<NextContinuationToken>(.*?)</NextContinuationToken>}) {
        my $token = $1 =~ s/([^\w.~-])/sprintf '%%%02X', ord $1/ger;
        push @pages, "$self->{url}/$NAME?continuation-token=$token"
            . '&encoding-type=url&list-type=2';
    }
    return @pages;
}

# The URLs of so many recordings.
sub prefixes {
    my ($self, $count) = @_;
    my $per = $self->{recordings} / $self->{recorders};
    return map { "$self->{url}/$NAME/" . session_prefix(
        $_ % $self->{recorders}, int($_ / $self->{recorders}) % $per)
    } 1 .. $count;
}

# Get what a refresh gets of so many recordings, 16 at a time: their metadata,
# or the parts of their waveforms.
sub get_metadata {
    my ($self, $count) = @_;
    $self->curl(16, map { "$_/metadata.json" } $self->prefixes($count));
    return;
}

sub get_waveforms {
    my ($self, $count) = @_;
    $self->curl_part(16, $_, map { "$_/waveform.dat" } $self->prefixes($count))
        for $self->{played} ? ('0-23', '2634484-2700019') : '0-219';
    return;
}

1;
