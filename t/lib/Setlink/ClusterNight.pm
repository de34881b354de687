# SPDX-License-Identifier: MIT
# A night over three nodes of Galera: workers of each node, workers of all of
# them on one socket, recordings to link, and a load while a node breaks.
package Setlink::ClusterNight;

use strict;
use warnings;

use Setlink::Cluster;
use Setlink::Command qw(setlink);
use Setlink::Load;
use Setlink::Minio;
use Setlink::Night qw(new_recording link_target);
use Setlink::Recordings qw(recording_objects);
use Setlink::Workers;
use Test::More;
use Time::HiRes qw(time);

my $BUCKET = 'session-recorder';
my $HOUR   = 3600;

# Start it; all of it ends with the test. Options: settings, a hash.
sub start {
    my ($class, %option) = @_;
    my $minio = Setlink::Minio->start;
    $minio->make_bucket($BUCKET);
    my $self = bless { cluster => Setlink::Cluster->start, minio => $minio,
        settings => $option{settings} // {} }, $class;
    my ($status, undef, $error) = $self->command(0, 'migrate');
    die "setlink migrate: $error" if $status != 0;
    $self->{workers} = [map { Setlink::Workers->start(($self->settings($_)) x 2)
        } 0 .. 2];
    $self->{mixed} = Setlink::Workers->start(map { $self->settings($_) } 0 .. 2);
    return $self;
}

sub cluster { return $_[0]{cluster} }

# Those of one node, and those each of which begins with another node.
sub workers { return $_[0]{workers}[ $_[1] ] }
sub mixed { return $_[0]{mixed} }

# The settings of who begins with this node.
sub settings {
    my ($self, $node) = @_;
    return {
        $self->{cluster}->settings($node),
        SESSION_RECORDER_MINIO_ENDPOINT   => $self->{minio}->url,
        SESSION_RECORDER_MINIO_ACCESS_KEY => $self->{minio}->user,
        SESSION_RECORDER_MINIO_SECRET_KEY => $self->{minio}->password,
        SESSION_RECORDER_BUCKET_NAME      => $BUCKET,
        SESSION_RECORDER_SYNC_INTERVAL    => 3600,
        %{ $self->{settings} },
    };
}

# Run `setlink` on this node.
sub command {
    my ($self, $node, @arguments) = @_;
    return setlink($self->settings($node), @arguments);
}

# Recordings of the last hour, which are in the index then.
sub record {
    my ($self, $number) = @_;
    my @recordings = map { new_recording(start => time - $HOUR,
            end => time + $HOUR) } 1 .. $number;
    $self->{minio}->put($BUCKET, { map { recording_objects($_) } @recordings });
    my ($status, undef, $error) = $self->command(0, 'sync');
    die "setlink sync: $error" if $status != 0;
    return @recordings;
}

# Clients of all nodes, which link their sets to two recordings.
sub load {
    my ($self, %option) = @_;
    $self->{recordings} //= [$self->record(2)];
    return Setlink::Load->start(
        port => [map { $_->port } @{ $self->{workers} }, $self->{mixed}],
        clients => 12,
        link => [map { link_target('%s', $_) } @{ $self->{recordings} }],
        %option);
}

sub query_of {
    my ($self, $node) = @_;
    return sub { $self->{cluster}->query($node, $_[0]) };
}

# Have clients at work, do something, and test that nothing came of it but
# refusals: `during` is called with the load between `before` and `after`
# seconds. Returns the result of the load.
sub under_load {
    my ($self, $fault, %option) = @_;
    my $load = $self->load;
    $load->run_for($option{before} // 3);
    $load->fault_begins;
    $option{during}->($load);
    $load->fault_over;
    $load->run_for($option{after} // 5);
    my $result = $load->stop;
    $self->{cluster}->wait_whole;
    $load->check_nothing_lost($self->query_of($option{ask} // 0));
    $load->report("Galera: $fault");
    $self->{cluster}->are_equal('all nodes hold the same');
    $_->are_well for @{ $self->{workers} }, $self->{mixed};
    return $result;
}

1;
