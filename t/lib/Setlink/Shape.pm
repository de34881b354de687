# SPDX-License-Identifier: MIT
# Tests of how answers look: members and their types, problems.
package Setlink::Shape;

use strict;
use warnings;

use B ();
use Exporter 'import';
use JSON::PP ();
use Test::More;

our @EXPORT_OK = qw(is_shape is_status is_problem shape_of);

my $HEX  = '[0-9a-f]';
my $UUID = qr/\A$HEX{8}-$HEX{4}-$HEX{4}-$HEX{4}-$HEX{12}\z/;
my $TIME = qr/\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z\z/;

my %TYPES = (
    string => \&is_string,
    uuid   => sub { is_string($_[0]) && $_[0] =~ $UUID },
    time   => sub { is_string($_[0]) && $_[0] =~ $TIME },
    url    => sub { is_string($_[0]) && $_[0] =~ m{\Ahttps?://[^ ]+\z} },
    number => \&is_number,
    int    => sub { is_number($_[0]) && $_[0] == int $_[0] },
    bool   => \&JSON::PP::is_bool,
    null   => sub { !defined $_[0] },
);

# What the routes answer with, by name. "?" is "or null"; a member may be of
# another shape, by its name, or an array of what stands in brackets.
my %SHAPES = (
    dj => {
        id                => 'uuid',
        name              => 'string',
        email             => 'string?',
        registered_at     => 'time',
        weight            => 'number',
        is_active         => 'bool',
        position_in_queue => 'int?',
        estimated_time    => 'time?',
    },
    session => {
        id               => 'uuid',
        dj_id            => 'uuid',
        dj_name          => 'string',
        started_at       => 'time',
        ended_at         => 'time?',
        duration_minutes => 'int?',
        download_link    => 'url?',
        upload_status    => 'string',
        session_type     => 'string',
        room             => 'string?',
        participants     => ['participant'],
        event_id         => 'uuid?',
        recording_gone       => 'bool',
        recording_changed_at => 'time?',
        status_detail        => 'string?',
        status_message       => 'string?',
    },
    participant => { dj_id => 'uuid', name => 'string' },
    event => {
        id                            => 'uuid',
        started_at                    => 'time',
        ended_at                      => 'time?',
        slot_duration_minutes         => 'int',
        late_arrival_cutoff_hours     => 'int',
        is_active                     => 'bool',
        current_dj_id                 => 'uuid?',
        current_dj_name               => 'string?',
        current_slot_started_at       => 'time?',
        next_draw_at                  => 'time?',
        elapsed_minutes               => 'int',
        current_slot_progress_percent => 'number',
    },
    timetable => {
        event_id         => 'uuid',
        event_started_at => 'time',
        entries          => ['timetable_entry'],
        total_djs        => 'int',
        completed_sets   => 'int',
    },
    timetable_entry => {
        position         => 'int',
        dj_id            => 'uuid',
        dj_name          => 'string',
        started_at       => 'time',
        ended_at         => 'time?',
        duration_minutes => 'int',
        status           => 'string',
        session_type     => 'string',
        participants     => ['participant'],
    },
    admin_timetable_entry => {
        position             => 'int',
        dj                   => 'dj',
        estimated_start_time => 'time',
        session_type         => 'string',
    },
    pool => {
        active_djs  => ['dj'],
        current_dj  => 'dj?',
        next_dj     => 'dj?',
        total_count => 'int',
    },
    admin_queue => {
        lottery_pool  => ['dj'],
        current_queue => ['dj'],
        statistics    => 'lottery_statistics',
    },
    admin_statistics => {
        total_djs       => 'int',
        active_djs      => 'int',
        total_sessions  => 'int',
        active_sessions => 'int',
        lottery_stats   => 'lottery_statistics',
    },
    lottery_statistics => {
        total_draws    => 'int',
        unique_winners => 'int',
        average_weight => 'number',
        fairness_score => 'number',
    },
    draw => {
        draw_id        => 'uuid',
        winner         => 'dj',
        participants   => ['draw_participant'],
        drawn_at       => 'time',
        algorithm_used => 'string',
    },
    draw_participant => {
        dj                    => 'dj',
        calculated_weight     => 'number',
        selection_probability => 'number',
    },
    draw_record => {
        id           => 'uuid',
        pool_id      => 'uuid',
        number       => 'int',
        algorithm    => 'string',
        commitment   => 'string',
        committed_at => 'time',
        due_at       => 'time?',
        drawn_at     => 'time?',
        seed         => 'string?',
        winner       => 'participant?',
    },
    request => {
        id          => 'uuid',
        dj_id       => 'uuid',
        guest_name  => 'string',
        guest_email => 'string?',
        message     => 'string?',
        status      => 'string',
        created_at  => 'time',
        decided_at  => 'time?',
    },
    recording => {
        id               => 'uuid',
        recorder_id      => 'uuid',
        name             => 'string',
        start_time       => 'time?',
        end_time         => 'time?',
        duration_seconds => 'int',
        audio_seconds    => 'number?',
        is_closed        => 'bool',
        keep             => 'bool',
        files            => {
            ogg_url          => 'url?',
            flac_url         => 'url?',
            waveform_url     => 'url?',
            overview_png_url => 'url?',
            metadata_url     => 'url?',
        },
    },
    recorder => {
        recorder_id              => 'uuid',
        name                     => 'string',
        first_seen               => 'time',
        last_seen                => 'time',
        recordings               => 'int',
        bytes                    => 'int',
        open_recording           => 'uuid?',
        room                     => 'string?',
        clock_correction_seconds => 'number',
    },
    # A set on a recording.
    recorded_set => {
        session_id       => 'uuid',
        dj_name          => 'string',
        started_at       => 'time',
        ended_at         => 'time?',
        part             => 'int',
        offset_seconds   => 'number',
        duration_seconds => 'number?',
    },
    # A recording of a set.
    recorded_part => {
        recorder_id      => 'uuid',
        id               => 'uuid',
        part             => 'int',
        offset_seconds   => 'number',
        duration_seconds => 'number?',
        is_gone          => 'bool',
        changed_at       => 'time?',
        urls             => {
            ogg_url          => 'url?',
            flac_url         => 'url?',
            waveform_url     => 'url?',
            overview_png_url => 'url?',
        },
    },
    download => {
        url                => 'url',
        expires_in_seconds => 'int',
        format             => 'string',
    },
    audit => {
        id         => 'uuid',
        at         => 'time',
        who        => 'string',
        client     => 'string?',
        request_id => 'string?',
        action     => 'string',
        detail     => 'string',
        status     => 'int?',
    },
    problem => {
        title  => 'string',
        status => 'int',
        detail => 'string',
        error  => 'string',
    },
);
$SHAPES{recorded_session} = {
    %{ $SHAPES{session} },
    recording_urls => {
        ogg_url          => 'url?',
        flac_url         => 'url?',
        waveform_url     => 'url?',
        overview_png_url => 'url?',
    },
};

sub shape_of { return $SHAPES{ $_[0] } // die "no shape $_[0]\n" }

sub flags { return B::svref_2object(\$_[0])->FLAGS }

sub is_string {
    return defined $_[0] && !ref $_[0] && flags($_[0]) & B::SVp_POK();
}

sub is_number {
    return defined $_[0] && !ref $_[0] && !(flags($_[0]) & B::SVp_POK());
}

sub wrong_member {
    my ($value, $type, $path) = @_;
    return wrong_items($value, $type->[0], $path) if ref $type eq 'ARRAY';
    return wrong_members($value, $type, "$path.") if ref $type;
    return () if $type =~ s/\?\z// && !defined $value;
    return wrong_members($value, $SHAPES{$type}, "$path.") if $SHAPES{$type};
    return $TYPES{$type}->($value) ? () : "$path is no $type";
}

sub wrong_items {
    my ($values, $type, $path) = @_;
    return "$path is no array" if ref $values ne 'ARRAY';
    return map { wrong_member($values->[$_], $type, "$path\[$_]") }
        0 .. $#$values;
}

# The members that are missing or of another type.
sub wrong_members {
    my ($value, $shape, $path) = @_;
    return "$path is no object" if ref $value ne 'HASH';
    return map {
        exists $value->{$_}
            ? wrong_member($value->{$_}, $shape->{$_}, "$path$_")
            : "$path$_ is missing"
    } sort keys %$shape;
}

# Test that a value has all members of a shape (or of one by its name), each of
# its type. It may have more. An array of a shape is that shape in brackets.
sub is_shape {
    my ($value, $shape, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @wrong = ref $shape eq 'ARRAY'
        ? wrong_items($value, $shape->[0], 'it')
        : wrong_members($value, ref $shape ? $shape : shape_of($shape), '');
    return ok(!@wrong, $name) || diag(map { "$_\n" } @wrong);
}

# Test the status; tells what was answered otherwise.
sub is_status {
    my ($answer, $status, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is($answer->{status}, $status, $name)
        || diag(substr $answer->{content}, 0, 500);
}

sub wrong_problem {
    my ($answer, $status, $detail) = @_;
    my $problem = $answer->{json};
    my $type = $answer->{headers}{'content-type'} // 'none';
    return (
        ($answer->{status} eq $status ? () : "the status is $answer->{status}"),
        ($type eq 'application/problem+json' ? () : "the type is $type"),
        (($answer->{headers}{'x-content-type-options'} // '') eq 'nosniff'
            ? () : 'no nosniff'),
        wrong_members($problem, shape_of('problem'), ''),
        (ref $problem && $problem->{status} == $status ? () : 'other status'),
        (ref $problem && $problem->{error} eq $problem->{title}
            ? () : 'error is not title'),
        (ref $problem && $problem->{detail} =~ $detail
            ? () : "detail is not like $detail"),
        ($answer->{content} =~ /SELECT|INSERT|UPDATE |\bat \S+\.c\b/
            ? 'it tells too much' : ()),
    );
}

# Test that an answer is a problem with this status, and a detail like this.
sub is_problem {
    my ($answer, $status, $detail, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @wrong = wrong_problem($answer, $status, $detail);
    return ok(!@wrong, $name)
        || diag(map({ "$_\n" } @wrong), substr $answer->{content}, 0, 500);
}

1;
