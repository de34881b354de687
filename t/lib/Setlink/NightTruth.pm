# SPDX-License-Identifier: MIT
# What is wrong with what the API says of the sets of a night, by the truth that
# the recorder's server keeps of each file.
package Setlink::NightTruth;

use strict;
use warnings;

use Exporter 'import';
use List::Util qw(max min sum0);

our @EXPORT_OK = qw(view_of unseen_recordings wrong_places missing_music
    end_state differences);

# As far as the begin of a file cannot be told, and metadata is rounded.
my $EXACT = 1.5;

# The files that clients get, by the members of a part with their addresses.
my %FILES = (ogg_url => 'data.ogg', flac_url => 'data.flac',
    waveform_url => 'waveform.dat');

# The objects that there are at a time, by recording and name.
sub view_of {
    my ($night, $time) = @_;
    my %view;
    for my $change (@{ $night->{changes} }) {
        last if $change->{at} > $time;
        my $objects = $view{ $change->{id} } //= {};
        if (defined $change->{key}) {
            $objects->{ $change->{name} } = $change;
            next;
        }
        my ($below) = $change->{remove} =~ m{/sessions/[^/]+/(.*)};
        delete @{$objects}{ grep { index($_, $below) == 0 } keys %$objects };
    }
    return \%view;
}

# Whether a change was there to be seen until another time: a refresh looked
# meanwhile, or its event came. `looks` are the times of refreshes, `told` those
# at which the events came, by the changes' numbers.
sub was_seen {
    my ($change, $until, $looks, $told) = @_;
    return 1 if ($told->{ $change->{number} } // $until) < $until;
    return scalar grep { $_ >= $change->{at} && $_ < $until } @$looks;
}

# Until when a change is there.
sub gone_at {
    my ($change, @later) = @_;
    my ($next) = grep { defined $_->{key} ? $_->{key} eq ($change->{key} // '')
            : index($change->{key}, $_->{remove}) == 0 } @later;
    return $next ? $next->{at} : 9e12;
}

# What nobody could have seen of a recording, from its changes: 2 where it may
# be taken for what it is not, 1 where it may only be missing, else 0. It was
# opened again while no event told of it and no refresh looked: that its files
# are others now is known only to who has seen the ones before, if they were not
# as long; or by the end_time, if that is of the clock, at the `end`. It was
# deleted before its metadata, or a chunk of what came later, was seen, or after
# a restart.
sub unseen {
    my ($night, $end, $looks, $told, $seen, @its) = @_;
    my $is = sub { ($its[$_[1]]{name} // '') eq $_[0] };
    my @metadata = grep { $is->('metadata.json', $_) } 0 .. $#its;
    my $worst = 0;
    my $clear = $end && $night->{wall} && @metadata
        && $its[$metadata[-1]]{closed};
    for my $reopened (grep { $its[$_]{reopens} } @metadata) {
        my ($file) = grep { $is->('data.raw', $_) } reverse 0 .. $reopened;
        # Before there is a file, only the other time of metadata tells.
        next if $seen->($reopened) && (defined $file || $seen->(0));
        my ($next) = grep { $is->('data.raw', $_) } $reopened .. $#its;
        $worst = max($worst, $clear || (defined $file && $seen->($file)
            && !(defined $next && $its[$next]{size} == $its[$file]{size}))
            ? 1 : 2);
    }
    my ($deleted) = grep { ($its[$_]{remove} // '') =~ m{[0-9a-f]/\z} }
        0 .. $#its or return $worst;
    # Chunks are counted anew after a restart: how many went is not known.
    $worst = max($worst, 1) if grep { $its[$_]{reopens} && $_ < $deleted }
        @metadata;
    return 2 if !grep { $_ < $deleted && $seen->($_) } @metadata;
    my ($made) = grep { $is->('data.raw', $_) } $deleted .. $#its;
    return $worst if !defined $made;
    # The number of the first one in a listing, or of the last one of all.
    my @chunks = grep { ($its[$_]{name} // '') =~ /chunk/ }
        $deleted + 1 .. $made;
    return 2 if !$told->{ $its[$chunks[-1]]{number} } && !grep {
        $_ >= $its[$chunks[0]]{at} && $_ < $its[$made]{at} } @$looks;
    return $worst;
}

# That of each recording where it is not 0.
sub unseen_recordings {
    my ($night, $end, $looks, $told) = @_;
    my (%unseen, %of);
    push @{ $of{ $_->{id} } }, $_ for @{ $night->{changes} };
    for my $id (keys %of) {
        my @its = @{ $of{$id} };
        $unseen{$id} = unseen($night, $end, $looks, $told, sub { my ($i) = @_;
            return was_seen($its[$i], gone_at(@its[$i .. $#its]), $looks,
                $told) }, @its) || next;
    }
    return \%unseen;
}

# The part of a file that an address and a place give, on the clock, without
# the silence at its end.
sub stretch {
    my ($truth, $part) = @_;
    my $from = $truth->{begin} + $part->{offset_seconds};
    my $to = $from + ($part->{duration_seconds} // 0);
    return ($from, min($to, $truth->{begin} + $truth->{heard}));
}

sub overlap {
    my ($from, $to, $begin, $end) = @_;
    return max(0, min($to, $end) - max($from, $begin));
}

sub wrong_part {
    my ($set, $part, $objects) = @_;
    my @wrong;
    for my $member (sort { $b cmp $a } keys %FILES) {
        next if !defined $part->{urls}{$member};
        my $truth = ($objects->{ $FILES{$member} } // {})->{truth};
        if (!$truth) {
            push @wrong, "$member: there is no such file";
            next;
        }
        my ($from, $to) = stretch($truth, $part);
        push @wrong, sprintf '%s: plays %.1f to %.1f of a set from 0 to %.1f',
            $member, $from - $set->{from}, $to - $set->{from},
            $set->{to} - $set->{from}
            if $to > $from && ($from < $set->{from} - $EXACT
                || $to > $set->{to} + $EXACT);
        push @wrong, sprintf '%s: offset %.1f in a file of %.1f', $member,
            $part->{offset_seconds}, $truth->{stored}
            if $part->{offset_seconds} > $truth->{stored} + $EXACT;
        push @wrong, sprintf '%s: to %.1f in a file of %.1f', $member,
            $part->{offset_seconds} + $part->{duration_seconds},
            $truth->{stored} if defined $part->{duration_seconds}
            && $part->{offset_seconds} + $part->{duration_seconds}
                > $truth->{stored} + $EXACT;
    }
    # What is wrong with one is with the others, too.
    my %seen;
    return map { "part $part->{part}, $_" }
        grep { !$seen{ s/\A\w+//r }++ } @wrong;
}

# Music of others within a set, and what is called uploaded and is not. With
# `heard` the silence at the ends of files is known.
sub wrong_places {
    my ($night, $set, $shown, $view, $heard) = @_;
    my @wrong = map { wrong_part($set, $_, $view->{ $_->{id} } // {}) }
        @{ $shown->{recordings} };
    return @wrong if $shown->{upload_status} ne 'uploaded';
    my ($primary) = grep { $_->{is_primary} } @{ $shown->{recordings} };
    my $truth = $primary
        && (($view->{ $primary->{id} } // {})->{'data.ogg'} // {})->{truth};
    return (@wrong, 'uploaded without a file') if !$truth;
    my ($from, $to) = stretch($truth, $primary);
    return (@wrong, 'uploaded without any music')
        if $heard && $to <= $from;
    return @wrong;
}

# How much of a set's music, in seconds, is in the files of a recorder; the
# longest pieces only count, as they meet in fractions of a second.
sub music_of {
    my ($set, $view, $recorder) = @_;
    return sum0 grep { $_ > 2 } map {
        my $truth = ($view->{$_}{'data.ogg'} // {})->{truth};
        $truth ? overlap($truth->{begin}, $truth->{begin} + $truth->{heard},
            $set->{from}, $set->{to}) : 0
    } grep { my ($any) = values %{ $view->{$_} };
        $any && index($any->{key}, $recorder->{id}) == 0 } keys %$view;
}

# Whether a recording goes on after a restart: the files are still those of what
# came before it, and of a set that is in both the longer part counts.
sub goes_on {
    my ($objects) = @_;
    my $metadata = $objects->{'metadata.json'};
    return $metadata && !$metadata->{closed} && $objects->{'data.raw'};
}

# What of a set's own music its recorder has, and it has not; in words.
sub missing_music {
    my ($night, $set, $shown, $view) = @_;
    my @parts = @{ $shown->{recordings} };
    return if grep { goes_on($view->{ $_->{id} } // {}) } @parts;
    my @recorders = @{ $night->{recorders} };
    @recorders = $recorders[$set->{room}] if $night->{tied};
    @recorders = grep { $_->{id} eq $parts[0]{recorder_id} } @recorders
        if @parts;
    my $own = max(map { music_of($set, $view, $_) } @recorders);
    my $got = sum0 map {
        my $truth = ($view->{ $_->{id} }{'data.ogg'} // {})->{truth};
        $truth && defined $_->{urls}{ogg_url}
            ? overlap(stretch($truth, $_), $set->{from}, $set->{to}) : 0
    } @parts;
    return if $own - $got <= 2 + @parts;
    return sprintf '%.1f of %.1f seconds of its music are missing',
        $own - $got, $own;
}

# What is compared: parts as arrays, the status.
sub end_state {
    my ($shown) = @_;
    return { status => $shown->{upload_status},
        parts => [map { [@{$_}{qw(recorder_id id is_primary offset_seconds
            duration_seconds)}] } @{ $shown->{recordings} }] };
}

sub part_text {
    my ($state) = @_;
    return join ' ', $state->{status}, map { sprintf '%s%s@%.1f+%.1f',
        substr($_->[1], -2), $_->[2] ? '*' : '', @{$_}[3, 4] }
        @{ $state->{parts} };
}

# What differs between two end states.
sub differences {
    my ($one, $other) = @_;
    my @x = @{ $one->{parts} };
    my @y = @{ $other->{parts} };
    return if $one->{status} eq $other->{status} && @x == @y
        && !grep { $x[$_][0] ne $y[$_][0] || $x[$_][1] ne $y[$_][1]
            || !$x[$_][2] != !$y[$_][2]
            || abs($x[$_][3] - $y[$_][3]) > $EXACT
            || abs($x[$_][4] - $y[$_][4]) > $EXACT } 0 .. $#x;
    return part_text($one) . ' and ' . part_text($other);
}

1;
