# SPDX-License-Identifier: MIT
# HTTP tests of answers as CSV.
package Setlink::HttpSuite::Csv;

use strict;
use warnings;
use utf8;

use JSON::PP ();
use Setlink::Csv qw(parse_csv);
use Setlink::Night qw(new_dj new_set new_recording walk_pages);
use Setlink::Shape qw(is_status is_problem);
use Test::More;

my %COLUMNS = (
    '/api/sessions' => [qw(id dj_id dj_name started_at ended_at
        duration_minutes download_link upload_status session_type room
        participants event_id recording_gone recording_changed_at status_detail status_message)],
    '/api/sessions/statistics' => [qw(total_sessions active_sessions
        average_duration_minutes total_duration_hours)],
    '/api/lottery/draws' => [qw(id pool_id number algorithm commitment
        committed_at due_at drawn_at seed winner_id winner_name)],
    '/api/lottery/statistics' => [qw(total_draws unique_winners average_weight
        fairness_score)],
);
my %FILES = (
    '/api/sessions'            => 'sessions.csv',
    '/api/sessions/statistics' => 'session-statistics.csv',
    '/api/lottery/draws'       => 'draws.csv',
    '/api/lottery/statistics'  => 'lottery-statistics.csv',
);

# The rows of an answer, each a hash by the columns.
sub rows_of {
    my ($answer) = @_;
    my ($names, @rows) = parse_csv($answer->{content});
    return map {
        my %row;
        @row{@$names} = @$_;
        \%row;
    } @rows;
}

sub get_rows {
    my ($i, $target) = @_;
    return rows_of($i->request('GET', $target));
}

# What a member of JSON looks like in a cell; null is an empty one.
sub cell_of {
    my ($value) = @_;
    return '' if !defined $value;
    return $value ? 'true' : 'false' if JSON::PP::is_bool($value);
    return $value =~ s/\A(?=[=+\-@])/'/r;
}

sub is_row {
    my ($row, $object, $name) = @_;
    my %object = %$object;
    if (exists $object{winner}) {
        my $winner = delete $object{winner};
        @object{qw(winner_id winner_name)} = @{ $winner // {} }{qw(dj_id name)};
    }
    $object{participants} = join ' ',
        map { $_->{dj_id} } @{ $object{participants} }
        if exists $object{participants};
    return is_deeply($row, { map { $_ => cell_of($object{$_}) } keys %object },
        $name);
}

sub test_answers {
    my ($i) = @_;
    for my $target (sort keys %COLUMNS) {
        my $answer = $i->request('GET', "$target?format=csv");
        is_status($answer, 200, "$target as CSV");
        my %header = %{ $answer->{headers} };
        is($header{'content-type'}, 'text/csv; charset=utf-8; header=present',
            'its type');
        is($header{'content-disposition'},
            "attachment; filename=\"$FILES{$target}\"", 'the name of the file');
        is($header{'x-content-type-options'}, 'nosniff', 'nosniff');
        my ($names) = parse_csv($answer->{content});
        is_deeply($names, $COLUMNS{$target}, 'the names of the columns');
        my $head = $i->request('HEAD', "$target?format=csv");
        is_status($head, 200, 'HEAD');
        is($head->{content}, '', 'without a body');
        is($head->{headers}{$_}, $header{$_}, "with the same $_")
            for qw(content-type content-disposition);
        my $json = $i->request('GET', "$target?format=json");
        is($json->{headers}{'content-type'}, 'application/json', 'or as JSON');
        is($json->{headers}{'content-disposition'}, undef, 'to be shown');
    }
    return;
}

sub test_refused {
    my ($i) = @_;
    for my $target (sort keys %COLUMNS) {
        is_problem($i->request('GET', "$target?format=$_"), 400, qr/\Aformat:/,
            "$target refuses format=$_")
            for '', 'CSV', 'xml', 'csv%00', 'csv%20', 'json%20csv',
                'csv&format=csv';
    }
    for my $query ('limit=0', 'cursor=x') {
        my $answer = $i->request('GET', "/api/sessions?format=csv&$query");
        is_problem($answer, 400, qr/\A(?:limit|cursor):/, "?$query is refused");
        is($answer->{headers}{'content-disposition'}, undef, 'and no file');
    }
    is_status($i->request('GET', '/api/djs?format=csv'), 200,
        'where it is not known it is ignored');
    return;
}

# All pages of a list, by the Link headers.
sub walk_rows {
    my ($i, $target) = @_;
    my @rows;
    while (defined $target) {
        my $answer = $i->request('GET', $target);
        push @rows, rows_of($answer);
        my $link = $answer->{headers}{link} // last;
        my $url = $i->url;
        ($target) = $link =~ /\A<\Q$url\E(\/[^>]*)>; rel="next"\z/;
        like($target, qr/[?&]format=csv&/, 'the next page is CSV, too');
    }
    return @rows;
}

sub test_pages {
    my ($i) = @_;
    my $begin = int(time) - 400 * 86_400;
    for my $n (1 .. 5) {
        new_set($i, $begin + $n * 3600, $begin + $n * 3600 + 1800);
        $i->request('POST', '/api/lottery/draw');
    }
    for my $target ('/api/sessions', '/api/lottery/draws') {
        my @rows = walk_rows($i, "$target?limit=3&format=csv");
        my @all = map { @$_ } walk_pages($i, "$target?limit=1000");
        is(scalar @rows, scalar @all, "$target has as many rows");
        is_row($rows[$_], $all[$_], "row $_ of $target") for 0 .. $#all;
    }
    my ($last) = $i->request('GET', '/api/sessions?format=csv&cursor='
        . '0' x 48);
    is_deeply([parse_csv($last->{content})], [$COLUMNS{'/api/sessions'}],
        'without rows the columns are named');
    return;
}

sub test_statistics {
    my ($i) = @_;
    for my $target ('/api/sessions/statistics', '/api/lottery/statistics') {
        my ($row, @more) = get_rows($i, "$target?format=csv");
        is(scalar @more, 0, "$target is one row");
        my $json = $i->request('GET', $target)->{json};
        cmp_ok($row->{$_}, '==', $json->{$_}, "the $_ is the same")
            for sort keys %$json;
        is(scalar keys %$row, scalar keys %$json, 'and no more');
    }
    return;
}

# Names that people may have, as a cell shows them.
my %NAMES = (
    '=HYPERLINK("http://evil.example","Click")' =>
        q('=HYPERLINK("http://evil.example","Click")),
    '@SUM(1+1)*cmd|\'/C calc\'!A0' => q('@SUM(1+1)*cmd|'/C calc'!A0),
    '+49 30'                       => q('+49 30),
    '-1'                           => q('-1),
    '＝1+1'                        => q('＝1+1),
    'DJ;=1+1;'                     => q(DJ;'=1+1;),
    'Quote "Q", Comma'             => 'Quote "Q", Comma',
    "O'Neil"                       => "O'Neil",
    '🎧 Zoë 👩‍🎤'                    => '🎧 Zoë 👩‍🎤',
    'a = b'                        => 'a = b',
);

# How a set with a DJ of this name and in a room of this name looks.
sub row_of_name {
    my ($i, $name) = @_;
    my $begin = int(time) - 300 * 86_400;
    my $id = new_set($i, $begin, $begin + 60, dj_id => new_dj($i, $name),
        room => $name);
    my ($row) = grep { $_->{id} eq $id }
        get_rows($i, '/api/sessions?format=csv&limit=1000');
    return $row;
}

sub test_names {
    my ($i) = @_;
    for my $name (sort keys %NAMES) {
        my $row = row_of_name($i, $name);
        is($row->{dj_name}, $NAMES{$name}, "a DJ of the name $name");
        is($row->{room}, $NAMES{$name}, 'and a room');
    }
    # Names have no line breaks, but who can write to the database may.
    my $row = row_of_name($i, 'Line Break');
    $i->query("UPDATE djs SET name = '\\r\\n=1,\"' WHERE name = 'Line Break'");
    my ($broken) = grep { $_->{id} eq $row->{id} }
        get_rows($i, '/api/sessions?format=csv&limit=1000');
    is($broken->{dj_name}, "'\r\n'=1,\"", 'line breaks in a name');
    return;
}

sub test_winner {
    my ($i) = @_;
    my $dj = new_dj($i, '=1+Winner');
    $i->request('POST', '/api/lottery/reset');
    $i->request('PUT', "/api/djs/$dj", { weight => 1000 });
    my ($drawn, $id);
    do {
        $drawn = $i->request('POST', '/api/lottery/draw')->{json} // {};
        $id = $drawn->{winner}{id} // $dj;
    } while ($id ne $dj);
    my ($next, $row) = get_rows($i, '/api/lottery/draws?format=csv');
    is($row->{id}, $drawn->{draw_id}, 'a draw');
    is($row->{winner_id}, $dj, 'its winner');
    is($row->{winner_name}, "'=1+Winner", 'by a name that is harmless');
    is_deeply([@{$next}{qw(seed drawn_at due_at winner_id winner_name)}],
        [('') x 5], 'the next draw has none yet');
    return;
}

sub test_links {
    my ($i) = @_;
    my $begin = int(time) - 350 * 86_400;
    $i->record(new_recording(start => $begin, end => $begin + 60));
    my $id = new_set($i, $begin, $begin + 60);
    my ($row) = grep { $_->{id} eq $id }
        get_rows($i, '/api/sessions?format=csv&limit=1000');
    is($row->{upload_status}, 'uploaded', 'a set with its recording');
    like($row->{download_link}, qr{\Ahttp://.*/download/\Q$id\E/ogg\?},
        'and its link');
    return;
}

sub tests {
    my ($i) = @_;
    test_answers($i);
    test_refused($i);
    test_pages($i);
    test_statistics($i);
    test_names($i);
    test_winner($i);
    test_links($i);
    return;
}

1;
