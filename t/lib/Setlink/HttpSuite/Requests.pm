# SPDX-License-Identifier: MIT
# HTTP tests of the routes of guest requests.
package Setlink::HttpSuite::Requests;

use strict;
use warnings;
use utf8;

use JSON::PP ();
use Setlink::Http qw(write_json);
use Setlink::Night qw(new_dj walk_pages);
use Setlink::Recordings qw(uuid_of);
use Setlink::Shape qw(is_shape is_status is_problem);
use Test::More;

my $NOBODY = uuid_of(9, 9);
my @PUBLIC = ('x-forwarded-for' => '192.0.2.1');
my %GUEST  = (guest_name => 'Guest', guest_email => 'g@x.example');

sub ask {
    my ($i, $dj, $members, @headers) = @_;
    return $i->request('POST', "/api/djs/$dj/request", $members, @headers);
}

sub new_request { return ask(@_[0, 1], \%GUEST)->{json}{id} }

sub decide {
    my ($i, $id, $how, @headers) = @_;
    return $i->request('POST', "/api/requests/$id/$how", undef, @headers);
}

sub test_asking {
    my ($i) = @_;
    my $dj = new_dj($i, 'Asked');
    my $message = "Play \"Blue Monday\", please!\r\nAnd then:\n🎶";
    my $answer = ask($i, uc $dj, { guest_name => '  =Zoë ',
        guest_email => ' z@x.example ', message => " $message\n" });
    is_status($answer, 201, 'a guest asks for something');
    is_shape($answer->{json}, 'request', 'the answer is the request');
    is($answer->{json}{dj_id}, $dj, 'to the DJ');
    is($answer->{json}{guest_name}, '=Zoë', 'the name is trimmed');
    is($answer->{json}{guest_email}, 'z@x.example', 'and the address');
    is($answer->{json}{message}, $message, 'the lines of the message stay');
    is($answer->{json}{status}, 'pending', 'it is not decided');
    is($answer->{json}{decided_at}, undef, 'and was not at any time');
    my $public = ask($i, $dj, \%GUEST, @PUBLIC);
    is_status($public, 201, 'everybody may ask');
    is_shape($public->{json}, 'request', 'and sees the request');
    is($public->{json}{guest_email}, undef, 'but not the address');
    for my $empty (undef, '', " \n ") {
        my $none = ask($i, $dj, { %GUEST, message => $empty });
        is_status($none, 201, 'a message may be empty');
        is($none->{json}{message}, undef, 'and is null then');
    }
    my $most = ask($i, $dj, { %GUEST, guest_name => '🎧' x 100,
        message => '🎧' x 1000 });
    is_status($most, 201, 'long ones');
    my ($list) = walk_pages($i, "/api/djs/$dj/requests");
    is_deeply($list->[0], $most->{json}, 'are kept');
    is_deeply($list->[-1], $answer->{json}, 'as are the others');
    return;
}

my @WRONG = (
    [guest_name  => { guest_name => undef }],
    [guest_name  => { guest_name => '' }],
    [guest_name  => { guest_name => " \x{3000}" }],
    [guest_name  => { guest_name => 'x' x 101 }],
    [guest_name  => { guest_name => "a\nb" }],
    [guest_name  => { guest_name => "a\x{0}b" }],
    [guest_name  => { guest_name => 7 }],
    [guest_email => { guest_email => undef }],
    [guest_email => { guest_email => ' ' }],
    [guest_email => { guest_email => 'nobody' }],
    [guest_email => { guest_email => "a\@b\r\nX: y" }],
    [guest_email => { guest_email => ['a@b'] }],
    [message     => { message => 'x' x 1001 }],
    [message     => { message => "a\tb" }],
    [message     => { message => "a\x{0}b" }],
    [message     => { message => "a\x{1b}[31mb" }],
    [message     => { message => "a\x{202e}b" }],
    [message     => { message => "a\x{2028}b" }],
    [message     => { message => 7 }],
    [message     => { message => { a => 'b' } }],
    [message     => { message => JSON::PP::true() }],
);

sub test_refused {
    my ($i) = @_;
    my $dj = new_dj($i, 'Asked Wrongly');
    for (@WRONG) {
        my ($field, $members) = @$_;
        is_problem(ask($i, $dj, { %GUEST, %$members }), 400,
            qr/\A\Q$field\E:/, "$field is refused: " . write_json($members));
    }
    is_problem(ask($i, $dj, {}), 400, qr/\Aguest_name:/, 'nothing is refused');
    is_problem($i->request('POST', "/api/djs/$dj/request?guest_name=x"
        . '&guest_email=a@b'), 400, qr/\Aguest_name:/,
        'the query is not the place');
    is_problem(ask($i, $NOBODY, \%GUEST), 404, qr/DJ/, 'an unknown DJ');
    is_deeply($i->request('GET', "/api/djs/$dj/requests")->{json}, [],
        'nothing came of it');
    $i->request('PUT', "/api/djs/$dj", { is_active => JSON::PP::false() });
    is_problem(ask($i, $dj, \%GUEST), 409, qr/deactivated/,
        'a DJ who is deactivated gets none');
    return;
}

sub test_deciding {
    my ($i) = @_;
    my $dj = new_dj($i, 'Decided');
    my %status = (approve => 'approved', reject => 'rejected');
    for my $how (sort keys %status) {
        my $id = new_request($i, $dj);
        is_problem(decide($i, $id, $how, @PUBLIC), 403, qr/loopback/,
            "not everybody may $how");
        my $answer = decide($i, uc $id, $how);
        is_status($answer, 200, "an admin may $how");
        my $request = $answer->{json};
        is_shape($request, 'request', 'the answer is the request');
        is($request->{id}, $id, 'that one');
        is($request->{status}, $status{$how}, "it is $status{$how}");
        ok($request->{decided_at} ge $request->{created_at}, 'and since when');
        is($request->{guest_email}, 'g@x.example', 'an admin sees the address');
        for my $again (sort keys %status) {
            is_problem(decide($i, $id, $again), 409, qr/$status{$how} already/,
                "$again comes too late");
        }
        my ($list) = walk_pages($i, "/api/djs/$dj/requests?limit=1");
        is_deeply($list->[0], $request, 'it stays as it was decided');
        is_problem(decide($i, $NOBODY, $how), 404, qr/no such request/,
            "an unknown request to $how");
    }
    return;
}

# Many admins at once.
sub test_one_decision {
    my ($i) = @_;
    my $id = new_request($i, new_dj($i, 'Wanted'));
    my @answers = $i->parallel(map { ['POST', "/api/requests/$id/$_"] }
        (qw(approve reject)) x 8);
    my @decided = grep { $_->{status} == 200 } @answers;
    is(scalar @decided, 1, 'one of many decisions counts');
    is(scalar(grep { $_->{status} == 409 } @answers), 15,
        'the others are told so');
    my ($row) = $i->query('SELECT status, COUNT(*) FROM guest_requests'
        . " WHERE id = UNHEX('" . ($id =~ tr/-//dr) . "')");
    is($row->[0], $decided[0]{json}{status}, 'and it is the one that stays');
    return;
}

sub test_list {
    my ($i) = @_;
    my $dj = new_dj($i, 'Listed');
    my @ids = sort map { new_request($i, $dj) } 1 .. 6;
    push @ids, new_request($i, $dj);
    new_request($i, new_dj($i, 'Listed Elsewhere'));
    # As if some had come in the same microsecond.
    $i->query("UPDATE guest_requests SET created_at = '2026-01-02 03:04:05.6'"
        . " WHERE dj_id = UNHEX('" . ($dj =~ tr/-//dr) . "') AND id <> UNHEX('"
        . ($ids[-1] =~ tr/-//dr) . "')");
    decide($i, $ids[$_], 'approve') for 1, 2, 5;
    decide($i, $ids[3], 'reject');
    my $target = '/api/djs/' . uc($dj) . '/requests';
    my @pages = walk_pages($i, "$target?limit=2&unknown=1");
    is(scalar @pages, 4, 'the requests come in pages');
    is_deeply([map { $_->{id} } map { @$_ } @pages], [reverse @ids],
        'newest first, only those to the DJ');
    is_shape($_, 'request', 'a request of the list') for @{ $pages[0] };
    my %want = (pending => [6, 4, 0], approved => [5, 2, 1], rejected => [3]);
    for my $status (sort keys %want) {
        my @some = walk_pages($i, "$target?status=$status&limit=1");
        is_deeply([map { $_->{id} } map { @$_ } @some],
            [@ids[@{ $want{$status} }]], "those that are $status");
    }
    is_problem($i->request('GET', "$target?status=$_"), 400, qr/\Astatus:/,
        "status=$_ is refused")
        for '', 'PENDING', 'done', 'pending%20approved';
    is_problem($i->request('GET', "$target?limit=0"), 400, qr/\Alimit:/,
        'as is a limit');
    is_problem($i->request('GET', "$target?cursor=x"), 400, qr/\Acursor:/,
        'and a cursor');
    is_problem($i->request('GET', "/api/djs/$NOBODY/requests"), 404, qr/DJ/,
        'an unknown DJ has no list');
    is_problem($i->request('GET', $target, undef, @PUBLIC), 403, qr/loopback/,
        'not everybody may see it');
    is_status($i->request('HEAD', $target), 200, 'HEAD');
    return;
}

sub test_removal {
    my ($i) = @_;
    my $dj = new_dj($i, 'Asked And Removed');
    my $id = new_request($i, $dj);
    is_status($i->request('DELETE', "/api/djs/$dj"), 204, 'a DJ is removed');
    my $shown = $i->request('GET', "/api/djs/$dj")->{json};
    ok(defined $shown && !$shown->{is_active},
        'who was asked for something is only deactivated');
    my ($list) = walk_pages($i, "/api/djs/$dj/requests");
    is_deeply([map { $_->{id} } @$list], [$id], 'and the request stays');
    is_status(decide($i, $id, 'reject'), 200, 'and can be decided');
    return;
}

# Whichever comes first, no request is left without its DJ.
sub test_removal_meanwhile {
    my ($i) = @_;
    my @djs = map { new_dj($i, "Asked Meanwhile $_") } 1 .. 12;
    my @answers = $i->parallel(map {
        ['POST', "/api/djs/$_/request", \%GUEST], ['DELETE', "/api/djs/$_"]
    } @djs);
    is(scalar(grep { $_->{status} !~ /\A(?:201|204|404|409)\z/ } @answers), 0,
        'requests to DJs who are removed meanwhile');
    my ($lost) = $i->query('SELECT COUNT(*) FROM guest_requests r'
        . ' LEFT JOIN djs d ON d.id = r.dj_id WHERE d.id IS NULL');
    is($lost->[0], 0, 'none of them is lost');
    return;
}

sub tests {
    my ($i) = @_;
    test_asking($i);
    test_refused($i);
    test_deciding($i);
    test_one_decision($i);
    test_list($i);
    test_removal($i);
    test_removal_meanwhile($i);
    return;
}

1;
