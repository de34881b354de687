# SPDX-License-Identifier: MIT
# What lies between a program and a database: it passes bytes on, keeps what the
# program has sent, and can cut a connection at a statement. It ends as a relay
# of the other kind does.
package Setlink::Wire;

use strict;
use warnings;
use parent 'Setlink::Relay';

use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use POSIX ();
use Setlink::Process qw(scratch);

my $count = 0;

sub connect_pair {
    my ($self, $peers, $select) = @_;
    my $client = $self->{listener}->accept or return;
    my $server = IO::Socket::UNIX->new(Peer => $self->{to});
    return if !$server;
    $peers->{$client} = $server;
    $peers->{$server} = $client;
    $self->{clients}{$client} = 1;
    $select->add($client, $server);
    return;
}

# What `cut` has asked for, if this is the statement.
sub is_cut {
    my ($self, $bytes) = @_;
    open my $file, '<', "$self->{path}.cut" or return '';
    my ($when, $statement) = split / /, <$file>, 2;
    return '' if index($bytes, $statement) < 0;
    unlink "$self->{path}.cut";
    return $when;
}

# Pass on what there is to read; returns whether the connection goes on.
sub pass_on {
    my ($self, $from, $to) = @_;
    sysread($from, my $bytes, 65536) or return 0;
    my $when = '';
    if ($self->{clients}{$from}) {
        syswrite $self->{sent}, $bytes;
        my $rename = $self->{rename};
        $bytes =~ s/\Q$_\E/$rename->{$_}/g for keys %$rename;
        $when = $self->is_cut($bytes);
    }
    return 0 if $when eq 'before';
    syswrite $to, $bytes;
    # There is an answer: the server has done it.
    IO::Select->new($to)->can_read if $when eq 'after';
    return $when eq '';
}

sub run {
    my ($self) = @_;
    my $select = IO::Select->new($self->{listener});
    my %peers;
    while (1) {
        for my $from ($select->can_read) {
            if ($from == $self->{listener}) {
                $self->connect_pair(\%peers, $select);
                next;
            }
            my $to = $peers{$from} or next;
            next if $self->pass_on($from, $to);
            $select->remove($from, $to);
            delete @{ $self->{clients} }{ $from, $to };
            delete @peers{ $from, $to };
            close $_ for $from, $to;
        }
    }
}

# From a free port to the unix socket `to`. It ends with the test. Words that
# are keys of `rename` reach the server as its values, of the same length.
sub start {
    my ($class, $to, %rename) = @_;
    my $path = scratch() . '/wire' . $count++;
    my $listener = IO::Socket::INET->new(
        LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 64)
        or die "no free port: $@\n";
    open my $sent, '>>:raw', "$path.sent" or die "$path.sent: $!\n";
    my $self = bless { to => $to, path => $path, listener => $listener,
        rename => \%rename, sent => $sent, owner => $$ }, $class;
    $self->{pid} = fork // die "fork: $!\n";
    if ($self->{pid} == 0) {
        @SIG{qw(TERM INT HUP PIPE)} = (('DEFAULT') x 3, 'IGNORE');
        eval { $self->run; 1 } or warn $@;
        POSIX::_exit(0);
    }
    return $self;
}

sub port { return $_[0]{listener}->sockport }

# The settings that lead a program through it.
sub settings {
    my ($self) = @_;
    return (SETLINK_DB_SOCKET => '', SETLINK_DB_HOST => '127.0.0.1',
        SETLINK_DB_PORT => $self->port);
}

# Cut the next connection on which these words are sent: `before` the server
# gets them, or `after` it has done what they say, and before that is told.
sub cut {
    my ($self, $when, $words) = @_;
    open my $file, '>', "$self->{path}.new" or die "$self->{path}: $!\n";
    print {$file} "$when $words";
    close $file or die "$self->{path}: $!\n";
    rename "$self->{path}.new", "$self->{path}.cut"
        or die "$self->{path}: $!\n";
    return;
}

# All that programs have sent.
sub sent {
    my ($self) = @_;
    open my $file, '<:raw', "$self->{path}.sent" or die "$self->{path}: $!\n";
    local $/;
    return scalar(<$file>) // '';
}

1;
