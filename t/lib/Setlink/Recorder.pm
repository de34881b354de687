# SPDX-License-Identifier: MIT
# What a recorder stores in a night, step by step, as the real one does it. The
# test says what there was to hear; times are real ones, in seconds.
package Setlink::Recorder;

use strict;
use warnings;

use Digest::MD5 qw(md5_hex);
use Exporter 'import';
use POSIX qw(ceil floor);
use Setlink::Http qw(write_json);
use Setlink::Recordings qw(recording_objects recording_prefix);

our @EXPORT_OK = qw(is_lost audible_seconds content indexed);

my $CHUNK = 28;

# One that is stored for the test stands for the chunks of ten minutes.
my $CHUNK_EVERY = 600;

# So much faster than it plays is a recording rendered.
my $RENDER = 20;

# When the files are there, in parts of the time that it takes.
my %FILES = (ogg => 0.3, waveform => 0.5, flac => 0.7, overview => 0.9);

# `id`; `name`; `slow`, the seconds that its clock is behind.
sub new {
    my ($class, %recorder) = @_;
    return bless { slow => 0, %recorder }, $class;
}

# The objects that there are from the start.
sub objects {
    my ($self) = @_;
    return ("$self->{id}/metadata.json" =>
            write_json({ id => $self->{id}, name => $self->{name} }));
}

# Whole chunks, the last one padded with silence; a restart loses what is not
# stored yet.
sub stored_seconds {
    my ($take) = @_;
    my $chunks = ($take->{to} - $take->{from}) / $CHUNK;
    return $CHUNK * ($take->{restart} ? floor($chunks) : ceil($chunks));
}

# What can be heard in the files.
sub audible_seconds {
    my ($take) = @_;
    my $heard = $take->{to} - $take->{from};
    my $stored = stored_seconds($take);
    return $heard < $stored ? $heard : $stored;
}

# As audiowaveform makes it: music, then silence.
sub waveform {
    my ($take) = @_;
    my $pairs = floor(stored_seconds($take) * 48_000 / 256);
    my $loud = floor(audible_seconds($take) * 48_000 / 256);
    return pack('l<L<l<l<L<', 1, 1, 48_000, 256, $pairs) . "\x80\x7f" x $loud
        . "\0\0" x ($pairs - $loud);
}

# What is in a file of a take of a recording. Each OGG stream has a number of
# its own, so it is another one when it is made `again`.
sub content {
    my ($take, $format, $again) = @_;
    return waveform($take) if $format eq 'waveform';
    return "$format of $take->{id}, begun at $take->{from}"
        . ($again && $format eq 'ogg' ? ', made again' : '');
}

sub objects_of {
    my ($self, $take, %members) = @_;
    return { recording_objects({ recorder => $self->{id}, id => $take->{id},
        files => [], %members }) };
}

sub prefix {
    my ($self, $take) = @_;
    return recording_prefix({ recorder => $self->{id}, id => $take->{id} });
}

# While it is open.
sub steps_open {
    my ($self, $take) = @_;
    my $start = $take->{from} - $self->{slow};
    my @steps = [$take->{from}, $self->objects_of($take, start => $start)];
    my $chunk = 0;
    for (my $at = $take->{from} + $CHUNK; $at <= $take->{to};
        $at += $CHUNK_EVERY) {
        push @steps, [$at, { sprintf('%s/chunks/%016d', $self->prefix($take),
            $chunk++) => 'chunk' }];
    }
    return @steps;
}

# When it is rendered, at a time.
sub steps_rendered {
    my ($self, $take, $at, $again) = @_;
    my $start = $take->{from} - $self->{slow};
    my $end = $start + stored_seconds($take);
    my $takes = stored_seconds($take) / $RENDER;
    return (
        [$at, { $self->prefix($take) . '/data.raw' => 'raw' }],
        [$at, $self->objects_of($take, start => $start, end => $end)],
        map { [$at + $takes * $FILES{$_},
            $self->objects_of($take, files => [$_],
                content => { $_ => content($take, $_, $again) })] }
            sort keys %FILES,
    );
}

# From its end on: the files come later, the chunks go last. A server that is
# ended before that does it `again`, at that time.
sub steps_closed {
    my ($self, $take) = @_;
    my $last = $take->{again} // $take->{closed};
    return (
        $self->steps_rendered($take, $take->{closed}),
        $take->{again} ? $self->steps_rendered($take, $take->{again}, 1) : (),
        [$last + stored_seconds($take) / $RENDER, {},
            $self->prefix($take) . '/chunks/'],
    );
}

# Nothing of it was ever stored, and it is never closed.
sub is_lost { return $_[0]{to} - $_[0]{from} < $CHUNK }

# The steps for a take: `id`, of the recording; `from` and `to`, when there was
# something to hear; `closed`, when the next one began or the server was started
# again (`restart`), if it was; `again`, as above. Each step is the time, what
# is stored, and the prefix of what is removed.
sub steps {
    my ($self, $take) = @_;
    my @steps = $self->steps_open($take);
    push @steps, $self->steps_closed($take)
        if defined $take->{closed} && !is_lost($take);
    return @steps;
}

# The columns of the index that tell that an object is there.
my %COLUMN = ('metadata.json' => 'metadata_etag', 'data.ogg' => 'ogg_etag',
    'data.flac' => 'flac_etag', 'waveform.dat' => 'waveform_etag',
    'overview.png' => 'overview_etag');

sub indexed_one {
    my ($key, $content) = @_;
    my ($recorder, $id, $file) = $key =~ m{\A(.*?)/sessions/(.*?)/(.*)};
    my $md5 = md5_hex($content);
    my $there = $file =~ m{\Achunks/0*(\d+)\z} ? "chunks > $1"
        : $COLUMN{$file} ? "$COLUMN{$file} LIKE '%$md5%'" : return;
    return 'EXISTS (SELECT 1 FROM recordings WHERE recorder_id = 0x'
        . ($recorder =~ tr/-//dr) . ' AND id = 0x' . ($id =~ tr/-//dr)
        . " AND $there)";
}

# Whether the index has objects, keys and contents of recordings; in SQL.
sub indexed {
    my ($objects) = @_;
    return join ' AND ', 'TRUE',
        map { indexed_one($_, $objects->{$_}) } sort keys %$objects;
}

1;
