# SPDX-License-Identifier: MIT
# A private MinIO server on a free port, for one test.
package Setlink::Minio;

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use HTTP::Tiny;
use Setlink::Presign qw(unit_program presign_line presign_all);
use Setlink::Process
    qw(start_process stop_process free_port wait_until scratch);

my $count = 0;

my %programs;

# The program minio or mc: the one of the search path, or the one that the
# quickstart has built. A program mc may also be Midnight Commander.
sub program {
    my ($name) = @_;
    my $cache = $ENV{XDG_CACHE_HOME} // "$ENV{HOME}/.cache";
    ($programs{$name}) = grep {
        -f && -x _ && `'$_' --version 2>&1` =~ /RELEASE|minio/i
    } (map { "$_/$name" } split /:/, $ENV{PATH}),
        glob("'$cache/setlink'/$name-*/$name") if !$programs{$name};
    return $programs{$name}
        // die "no $name of MinIO in PATH: run ./quickstart once\n";
}

# One that is running already, and does not end with the test.
sub at {
    my ($class, $port, $user, $password) = @_;
    return bless {
        authority => "127.0.0.1:$port",
        port      => $port,
        user      => $user,
        password  => $password,
        # Kept connections wait 40 ms for the ACK of the head of each PUT.
        http => HTTP::Tiny->new(
            timeout => 60, max_redirect => 0, keep_alive => 0),
    }, $class;
}

# Start one; it ends with the test. Options: port, and environment, a hash.
sub start {
    my ($class, %option) = @_;
    my $dir = scratch() . '/minio' . $count++;
    mkdir $dir or die "$dir: $!\n";
    my $self = $class->at($option{port} // free_port(), 'admin',
        'password123');
    $self->{dir} = $dir;
    $self->{environment} = $option{environment} // {};
    $self->start_again;
    return $self;
}

# Start it after a stop, with what it has stored.
sub start_again {
    my ($self) = @_;
    my $dir = $self->{dir};
    local %ENV = (%ENV, MINIO_ROOT_USER => $self->{user},
        MINIO_ROOT_PASSWORD => $self->{password}, MINIO_BROWSER => 'off',
        %{ $self->{environment} });
    $self->{pid} = start_process("$dir.log", program('minio'), 'server',
        '--quiet', '--address', $self->{authority}, '--certs-dir',
        "$dir/certs", "$dir/data");
    # "ready" is said before buckets can be made.
    wait_until($self->{pid}, "$dir.log", sub {
        $self->is_ready });
    return;
}

# HTTP::Tiny speaks TLS only with modules that are not Perl's own.
sub is_ready {
    my ($self) = @_;
    my $url = $self->url . '/minio/health/cluster';
    return $self->{http}->get($url)->{success} if !$self->{tls};
    return system("curl -skf -o /dev/null '$url'") == 0;
}

# Start it again with this certificate and its key, after a stop. The other
# methods send requests without TLS: they are of no use from then on.
sub start_with_tls {
    my ($self, $certificate, $key) = @_;
    my $dir = "$self->{dir}/certs";
    mkdir $dir;
    system('cp', $certificate, "$dir/public.crt") == 0
        && system('cp', $key, "$dir/private.key") == 0 or die "cp: $?\n";
    $self->{tls} = 1;
    return $self->start_again;
}

sub stop { stop_process($_[0]{pid}); return }

sub authority { return $_[0]{authority} }
sub port      { return $_[0]{port} }
sub pid       { return $_[0]{pid} }
sub user      { return $_[0]{user} }
sub password  { return $_[0]{password} }
sub url { return ($_[0]{tls} ? 'https' : 'http') . "://$_[0]{authority}" }

# What presign_line needs to know of this server.
sub signer {
    my ($self) = @_;
    return (shown => $self->{authority}, access_key => $self->{user},
        secret_key => $self->{password});
}

# Send presigned requests: each is an array of method, bucket, key, content and
# parameters (an array of names and values), and headers (a hash). Returns the
# contents of the answers; dies when a request is refused.
sub requests {
    my ($self, @requests) = @_;
    my @urls = presign_all([unit_program('presign-lines')], map {
        my ($method, $bucket, $key, undef, $params) = @$_;
        presign_line($self->signer, method => $method, bucket => $bucket,
            key => $key, params => $params // [])
    } @requests);
    my @contents;
    for my $i (0 .. $#urls) {
        my ($method, undef, undef, $content, undef, $headers) =
            @{ $requests[$i] };
        my $answer = $self->{http}->request($method, $urls[$i],
            { content => $content // '', headers => $headers // {} });
        die "$method $urls[$i]: $answer->{status} $answer->{content}\n"
            if !$answer->{success};
        push @contents, $answer->{content};
    }
    return @contents;
}

# Run mc as root, with `input`.
sub mc {
    my ($self, $input, @arguments) = @_;
    local %ENV = (%ENV, MC_CONFIG_DIR => "$self->{dir}/mc",
        MC_HOST_own => "http://$self->{user}:$self->{password}"
            . "\@$self->{authority}");
    my @command = (program('mc'), '--quiet', @arguments);
    open my $mc, '|-', 'sh', '-c', 'exec "$@" >"$0" 2>&1', "$self->{dir}.mc",
        @command or die "mc: $!\n";
    print {$mc} $input;
    close $mc or die "@command failed, see $self->{dir}.mc\n";
    return;
}

# Make a user with this policy, a JSON text. Returns access key and secret key.
sub make_user {
    my ($self, $name, $policy) = @_;
    my $path = "$self->{dir}.$name.json";
    open my $file, '>', $path or die "$path: $!\n";
    print {$file} $policy;
    close $file or die "$path: $!\n";
    $self->mc('', qw(admin policy create own), $name, $path);
    $self->mc("$name\n$name-secret\n", qw(admin user add own));
    $self->mc('', qw(admin policy attach own), $name, '--user', $name);
    return ($name, "$name-secret");
}

# One who may do what setlink needs: with the policy that is shipped, for this
# bucket.
sub make_reader {
    my ($self, $bucket) = @_;
    my $shipped = abs_path(dirname(__FILE__)
        . '/../../../conf/minio/setlink-readonly.json');
    open my $file, '<', $shipped or die "$shipped: $!\n";
    my $policy = do { local $/; <$file> };
    return $self->make_user("reader-$bucket",
        $policy =~ s/session-recorder/$bucket/gr);
}

# The settings of setlink to use this bucket as its reader.
sub settings {
    my ($self, $bucket) = @_;
    my ($key, $secret) = @{ $self->{readers}{$bucket}
        //= [$self->make_reader($bucket)] };
    return (
        SESSION_RECORDER_MINIO_ENDPOINT   => $self->url,
        SESSION_RECORDER_MINIO_ACCESS_KEY => $key,
        SESSION_RECORDER_MINIO_SECRET_KEY => $secret,
        SESSION_RECORDER_BUCKET_NAME      => $bucket,
    );
}

sub make_bucket {
    my ($self, $bucket) = @_;
    return $self->requests(['PUT', $bucket, '']);
}

# Store objects: `objects` is a hash of keys and contents.
sub put {
    my ($self, $bucket, $objects) = @_;
    return $self->requests(
        map { ['PUT', $bucket, $_, $objects->{$_}] } sort keys %$objects);
}

sub tar_entry {
    my ($path, $content) = @_;
    my ($prefix, $name) = length $path > 100 ? $path =~ m{^(.{1,150})/(.+)$}
        : ('', $path);
    my $head = pack 'a100a8a8a8a12a12a8a1a100a6a2a32a32a8a8a155a12', $name,
        '0000644', '0000000', '0000000', sprintf('%011o', length $content),
        sprintf('%011o', time), ' ' x 8, '0', '', "ustar\0", '00', '', '', '',
        '', $prefix, '';
    substr $head, 148, 8, sprintf "%06o\0 ", unpack '%32C*', $head;
    return $head . $content . "\0" x (-length($content) % 512);
}

# Store very many objects, of short keys and contents: MinIO unpacks an archive.
sub put_many {
    my ($self, $bucket, $objects) = @_;
    my $base = scratch() . '/archive';
    open my $file, '>:raw', "$base.tar" or die "$base.tar: $!\n";
    print {$file} map { tar_entry($_, $objects->{$_}) } sort keys %$objects;
    print {$file} "\0" x 1024;
    close $file or die "$base.tar: $!\n";
    open $file, '>', "$base.curl" or die "$base.curl: $!\n";
    print {$file} <<"END";
url = "@{[ $self->url ]}/$bucket/archive.tar"
upload-file = "$base.tar"
user = "$self->{user}:$self->{password}"
aws-sigv4 = "aws:amz:us-east-1:s3"
header = "x-amz-content-sha256: UNSIGNED-PAYLOAD"
header = "X-Amz-Meta-Snowball-Auto-Extract: true"
END
    close $file or die "$base.curl: $!\n";
    system('curl', '-sSf', '-K', "$base.curl") == 0 or die "curl: $?\n";
    return;
}

sub remove {
    my ($self, $bucket, @keys) = @_;
    return $self->requests(map { ['DELETE', $bucket, $_] } @keys);
}

1;
