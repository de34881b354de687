# SPDX-License-Identifier: MIT
# A whole instance of setlink, started by ./quickstart for one test.
package Setlink::Instance;

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use Setlink::Clock;
use Setlink::Command qw(program start_program setlink_wait);
use Setlink::Database;
use Setlink::Http qw(request_text exchange hang_up);
use Setlink::Minio;
use Setlink::Process qw(scratch);
use Setlink::Recordings qw(recording_objects);
use Setlink::Secrets qw(secrets_found);
use Test::More;

my $TOP = abs_path(dirname(__FILE__) . '/../../..');
my $count = 0;
my @running;

# The folder of the two programs, or of those with a clock that tests move.
sub bin {
    my ($clock) = @_;
    return dirname(abs_path(program(($clock ? 't/clock/' : '')
        . 'setlink.fcgi')));
}

# Whether the programs were built with sanitizers.
sub is_sanitized { return slurp(program('setlink.fcgi')) =~ /__asan_init/ }

sub slurp {
    my ($path) = @_;
    open my $file, '<:raw', $path or return '';
    local $/;
    return scalar(<$file>) // '';
}

# A database on a machine that is busy with tests is slow, but not away.
sub write_settings {
    my ($self, $given) = @_;
    my $settings = { SETLINK_DB_TIMEOUT => 12, %$given };
    open my $file, '>', "$self->{dir}/.env" or die "$self->{dir}: $!\n";
    print {$file} map { "$_=\"$settings->{$_}\"\n" } sort keys %$settings;
    close $file or die "$self->{dir}: $!\n";
    return;
}

# Run ./quickstart in the folder of the instance; returns what it prints.
sub quickstart {
    my ($self, @arguments) = @_;
    my $log = "$self->{dir}/quickstart.log";
    system('sh', '-c', 'cd "$1" && log=$2 && shift 2 && exec "$@" >"$log" 2>&1',
        'sh', $self->{dir}, $log, "$TOP/quickstart", @arguments, '--state',
        "$self->{dir}/state") == 0
        or die "quickstart @arguments failed:\n", slurp($log);
    return slurp($log);
}

sub read_env {
    my ($self) = @_;
    my %env;
    for (split /\n/, $self->quickstart('env')) {
        my ($name, $value) = /\Aexport (\w+)='(.*)'\z/ or next;
        $value =~ s/'\\''/'/g;
        $env{$name} = $value;
    }
    return \%env;
}

# Start one that ends with the test. Options: server, workers, token (whether
# there is one), events (whether MinIO sends them), settings (a hash), bucket (a
# folder; else the bucket is empty), clock (whether it is one that the test
# moves), bin (a folder with both programs, in place of those that were built).
sub start {
    my ($class, %option) = @_;
    my $dir = scratch() . '/instance' . $count++;
    mkdir $_ or die "$_: $!\n" for $dir, "$dir/empty";
    my $bin = $option{bin} // bin($option{clock});
    my $self = bless {
        dir    => $dir,
        bin    => $bin,
        clock  => $option{clock}
            && Setlink::Clock->at("$dir/state/setlink.env"),
        server => $option{server} // 'nginx',
        owner  => $$,
        arguments => ['--port', 0, '--no-demo', '--bin', $bin, '--server',
            $option{server} // 'nginx', '--workers', $option{workers} // 2,
            '--bucket', $option{bucket} // "$dir/empty",
            $option{token} ? '--token' : (),
            $option{events} ? () : '--no-events'],
    }, $class;
    push @running, $self;
    $self->configure($option{settings} // {});
    symlink "$dir/state/conf/mariadb.cnf", "$dir/my.cnf" or die "$dir: $!\n";
    $self->{database} = Setlink::Database->at($dir);
    $self->{minio} = Setlink::Minio->at($self->env('MINIO_URL') =~ /:(\d+)\z/,
        $self->env('MINIO_ROOT_USER'), $self->env('MINIO_ROOT_PASSWORD'));
    return $self;
}

# Start it, or start it again with other settings; the data stay.
sub configure {
    my ($self, $settings) = @_;
    $self->{settings} = $settings;
    $self->write_settings($settings);
    $self->quickstart('start', @{ $self->{arguments} });
    $self->{env} = $self->read_env;
    ($self->{port}) = $self->{env}{SETLINK_URL} =~ /:(\d+)\z/;
    return;
}

sub stop {
    my ($self) = @_;
    return if $self->{stopped}++;
    $self->quickstart('stop');
    return;
}

# The same, without an admin token.
sub configure_without_token {
    my ($self, $settings) = @_;
    $self->{arguments} = [grep { $_ ne '--token' } @{ $self->{arguments} }];
    return $self->configure($settings);
}

# One value of `quickstart env`.
sub env    { return $_[0]{env}{ $_[1] } }
sub url    { return $_[0]{env}{SETLINK_URL} }
sub port   { return $_[0]{port} }
sub host   { return "localhost:$_[0]{port}" }
sub server { return $_[0]{server} }

# METHOD, TARGET, body and headers as Setlink::Http::request_text takes them.
# POST and PUT without a body say so.
sub text {
    my ($self, $method, $target, $body, @headers) = @_;
    $body //= '' if $method eq 'POST' || $method eq 'PUT';
    return request_text($self->host, $method, $target, $body, @headers);
}

sub request {
    my ($self, @request) = @_;
    return $self->raw($self->text(@request));
}

# Send bytes, return the answer.
sub raw {
    my ($self, $text) = @_;
    return (exchange($self->{port}, $text))[0];
}

# Requests, each an array of what `request` takes, all at the same time.
sub parallel {
    my ($self, @requests) = @_;
    return exchange($self->{port}, map { $self->text(@$_) } @requests);
}

# Send bytes and hang up.
sub abort { return hang_up($_[0]{port}, $_[1]) }

# Rows of the database, each an array of texts.
sub query { return $_[0]{database}->query('setlink', $_[1]) }

sub bucket { return $_[0]{env}{SESSION_RECORDER_BUCKET_NAME} }

# Store objects, as keys and contents.
sub put {
    my ($self, %objects) = @_;
    return $self->{minio}->put($self->bucket, \%objects);
}

sub remove {
    my ($self, @keys) = @_;
    return $self->{minio}->remove($self->bucket, @keys);
}

# Store recordings, each a hash as Setlink::Recordings takes it, and refresh the
# index.
sub record {
    my ($self, @recordings) = @_;
    $self->put(map { recording_objects($_) } @recordings);
    return $self->sync;
}

sub start_command {
    my ($self, @arguments) = @_;
    return start_program("$self->{bin}/setlink",
        { SETLINK_ENV_FILE => "$self->{dir}/state/setlink.env" }, @arguments);
}

# Run the command `setlink`; returns its exit status and what it printed.
sub command { return setlink_wait(start_command(@_)) }

# Run it several times at once, with the arguments in each array; returns an
# array for each of what `command` returns.
sub commands {
    my ($self, @commands) = @_;
    my @started = map { $self->start_command(@$_) } @commands;
    return map { [setlink_wait($_)] } @started;
}

# The clock of an instance that was started with one: set it to so many seconds
# after 1970, where it stays; move it by so many seconds; what time it is.
sub clock_set  { return $_[0]{clock}->set($_[1]) }
sub clock_move { return $_[0]{clock}->move($_[1]) }
sub clock_now  { return $_[0]{clock}->now }

sub sync {
    my ($self) = @_;
    my ($status, undef, $message) = $self->command('sync');
    die "setlink sync: $message" if $status != 0;
    return;
}

# A file of the logs: worker, web, minio...
sub log { return slurp("$_[0]{dir}/state/log/$_[1].log") }

# What the workers have written since `mark` was called.
sub mark {
    my ($self) = @_;
    $self->{mark} = length $self->log('worker');
    return;
}

sub since_mark {
    my ($self) = @_;
    return substr $self->log('worker'), $self->{mark};
}

# The number of a process of the instance: minio, mariadb, web, workers.
sub pid {
    my ($self, $name) = @_;
    return (split / /, slurp("$self->{dir}/state/run/$name.pid"))[0];
}

sub worker_pids {
    my ($self) = @_;
    my $parent = $self->pid($self->{server} eq 'nginx' ? 'workers' : 'web');
    return grep { slurp("/proc/$_/comm") eq "setlink.fcgi\n" }
        split / /, slurp("/proc/$parent/task/$parent/children");
}

# Its secrets by name.
sub secrets {
    my ($self) = @_;
    return { map { $_ => $self->env($_) } grep { length($self->env($_) // '') }
        qw(MINIO_ROOT_PASSWORD SESSION_RECORDER_MINIO_SECRET_KEY
        SETLINK_ADMIN_TOKEN SETLINK_ADMIN_TOKEN_HASH SETLINK_DB_PASSWORD
        SETLINK_EVENTS_TOKEN) };
}

# Test that no log holds a secret, of all programs it has run.
sub keeps_secrets {
    my ($self) = @_;
    my @found;
    for my $path (glob "'$self->{dir}/state/log'/*") {
        push @found, map { "$_ in $path" }
            secrets_found($self->secrets, slurp($path));
    }
    is_deeply(\@found, [], 'no secret is in a log');
    return;
}

# Test that no process of it had anything found by a sanitizer, or wrote a
# secret.
sub is_clean {
    my ($self) = @_;
    my @found = grep {
        /ERROR: \w+Sanitizer|runtime error:|LeakSanitizer|event=stop /
    } map { split /\n/ } map { $self->log($_) } qw(worker web sync tick);
    is(scalar @found, 0, 'the sanitizers found nothing')
        or diag(join "\n", @found[0 .. ($#found < 9 ? $#found : 9)]);
    $self->keeps_secrets;
    return;
}

# The settings as they stand in the file of the instance, with others added:
# what SIGHUP makes the workers read.
sub settings_file { return "$_[0]{dir}/state/setlink.env" }

sub change_settings {
    my ($self, %settings) = @_;
    my $path = $self->settings_file;
    $self->{first_settings} //= slurp($path);
    open my $file, '>', "$path.new" or die "$path.new: $!\n";
    print {$file} $self->{first_settings},
        map { "$_=\"$settings{$_}\"\n" } sort keys %settings;
    close $file or die "$path.new: $!\n";
    rename "$path.new", $path or die "$path: $!\n";
    return;
}

sub show_logs {
    my ($self) = @_;
    for my $name (qw(worker web)) {
        my @lines = split /\n/, $self->log($name);
        splice @lines, 0, @lines - 15 if @lines > 15;
        diag("the end of $name.log:\n", map { "  $_\n" } @lines);
    }
    return;
}

END {
    my $status = $?;
    for my $instance (grep { $_->{owner} == $$ } @running) {
        $instance->show_logs if !Test::More->builder->is_passing;
        eval { $instance->stop; 1 } or diag($@);
    }
    $? = $status;    ## no critic: commands have changed it
}

1;
