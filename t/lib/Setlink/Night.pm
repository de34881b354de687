# SPDX-License-Identifier: MIT
# DJs and sets for tests, made through the API.
package Setlink::Night;

use strict;
use warnings;

use Exporter 'import';
use Setlink::Recordings qw(rfc3339 uuid_of);

our @EXPORT_OK = qw(must new_dj new_set start_set end_set get_set
    new_recording link_target walk_pages);

my $count = 0;

# The JSON of what a request (as Setlink::Instance takes it) answers, which has
# to be a success.
sub must {
    my ($instance, @request) = @_;
    my $answer = $instance->request(@request);
    die "@request[0, 1]: $answer->{status} $answer->{content}\n"
        if $answer->{status} !~ /\A2/;
    return $answer->{json};
}

# The id of a new DJ.
sub new_dj {
    my ($instance, $name) = @_;
    $name //= 'DJ number ' . ++$count;
    return must($instance, 'POST', '/api/djs/register', { name => $name })
        ->{id};
}

# The id of a set of the past, of a new DJ unless one is given: start and, if
# it has ended, end in seconds; other members as in the contract.
sub new_set {
    my ($instance, $start, $end, %members) = @_;
    return must($instance, 'POST', '/api/sessions', {
        dj_id      => $members{dj_id} // new_dj($instance),
        started_at => rfc3339($start),
        defined $end ? (ended_at => rfc3339($end)) : (),
        %members,
    })->{id};
}

# The id of a set that starts now.
sub start_set {
    my ($instance, %members) = @_;
    $members{dj_id} //= new_dj($instance);
    return must($instance, 'POST', '/api/sessions/start', \%members)->{id};
}

sub end_set {
    my ($instance, $id) = @_;
    return must($instance, 'POST', '/api/sessions/end', { session_id => $id });
}

# A set as the recorder's routes show it.
sub get_set {
    my ($instance, $id) = @_;
    return must($instance, 'GET', "/api/session-recorder/session/$id");
}

# A recording that differs from all others in its id and, unless it is given,
# its recorder; for Setlink::Recordings.
sub new_recording {
    my (%members) = @_;
    $count++;
    return {
        recorder => uuid_of(0xa0000001, $count),
        id       => uuid_of(0xb0000001, $count),
        %members,
    };
}

# The address that links a set and a recording.
sub link_target {
    my ($set, $recording) = @_;
    return "/api/session-recorder/link/$set/$recording->{recorder}"
        . "/$recording->{id}";
}

# All pages of a list, each an array, by the Link headers to the end.
sub walk_pages {
    my ($instance, $target) = @_;
    my @pages;
    while (defined $target) {
        my $answer = $instance->request('GET', $target);
        die "$target: $answer->{status} $answer->{content}\n"
            if $answer->{status} != 200;
        push @pages, $answer->{json};
        my $link = $answer->{headers}{link};
        last if !defined $link;
        my $url = $instance->url;
        ($target) = $link =~ /\A<\Q$url\E(\/[^>]*)>; rel="next"\z/
            or die "Link: $link\n";
        die "the list has no end\n" if @pages > 1000;
    }
    return @pages;
}

1;
