# SPDX-License-Identifier: MIT
# HTTP tests of the routes of DJs.
package Setlink::HttpSuite::Djs;

use strict;
use warnings;
use utf8;

use JSON::PP ();
use Setlink::Http qw(write_json);
use Setlink::Night qw(new_dj walk_pages);
use Setlink::Recordings qw(uuid_of);
use Setlink::Shape qw(is_shape is_status is_problem);
use Test::More;

my $REGISTER = '/api/djs/register';

sub register {
    my ($i, %members) = @_;
    return $i->request('POST', $REGISTER, \%members);
}

sub test_register {
    my ($i) = @_;
    my $answer = register($i, name => "  Jürgen Müller\t",
        email => ' j@club.example ');
    is_status($answer, 200, 'a DJ registers');
    is_shape($answer->{json}, 'dj', 'the answer is the DJ');
    is($answer->{json}{name}, 'Jürgen Müller', 'the name is trimmed');
    is($answer->{json}{email}, 'j@club.example', 'and the e-mail address');
    ok($answer->{json}{is_active}, 'the DJ is active');
    is($answer->{json}{position_in_queue}, undef, 'without a place');
    for my $email (undef, '', ' ') {
        my $none = register($i, name => 'Mail ' . ($email // 'null') . 'x',
            email => $email);
        is_status($none, 200, 'an e-mail address may be null or empty');
        is($none->{json}{email}, undef, 'and is null then');
    }
    is_status(register($i, name => 'ü' x 100), 200, 'a name of 100 characters');
    is_status(register($i, name => "\x{1f3a7}"), 200, 'a name of one emoji');
    is_status(register($i, name => "\x{1f39b}"), 200,
        'another emoji is another');
    is_status(register($i, name => 'Unknown', colour => 'red'), 200,
        'an unknown member is ignored');
    return;
}

sub test_conflicts {
    my ($i) = @_;
    new_dj($i, 'Zoë Ångström');
    for my $name ('Zoë Ångström', 'ZOË ÅNGSTRÖM', 'Zoe Angstrom',
        " zoe\x{308} a\x{30a}ngstro\x{308}m ") {
        my $answer = register($i, name => $name);
        is_problem($answer, 409, qr/name/, 'a name is registered once');
    }
    my $answer = register($i, name => 'zoe angstrom', email => 'z@x.example');
    is_problem($answer, 409, qr/name/, 'also with another address');
    return;
}

sub test_changes {
    my ($i) = @_;
    my $id = new_dj($i, 'Before');
    my $changed = $i->request('PUT', "/api/djs/$id", { name => 'After',
        email => 'a@x.example', weight => 2.5, is_active => JSON::PP::false() });
    is_status($changed, 200, 'a DJ is changed');
    is_shape($changed->{json}, 'dj', 'the answer is the DJ');
    is_deeply([@{ $changed->{json} }{qw(name email weight)}],
        ['After', 'a@x.example', 2.5], 'with the new values');
    ok(!$changed->{json}{is_active}, 'and deactivated');
    is_status($i->request('PUT', "/api/djs/$id", {}), 200, 'or not at all');
    is($i->request('GET', "/api/djs/$id")->{json}{email}, 'a@x.example',
        'what is not given stays');
    is($i->request('PUT', "/api/djs/$id", { email => '' })->{json}{email},
        undef, 'an address can be taken away');
    is($i->request('GET', "/api/djs/$id")->{json}{name}, 'After', 'it stays');
    is_problem($i->request('POST', '/api/sessions/start', { dj_id => $id }),
        409, qr/deactivated/, 'who is deactivated does not start');
    is_status($i->request('PUT', "/api/djs/$id", { name => 'after' }), 200,
        'the own name is free');
    new_dj($i, 'Somebody Else');
    is_problem($i->request('PUT', "/api/djs/$id", { name => 'SOMEBODY ELSE' }),
        409, qr/\Aname:/, "that of somebody else is not");
    is_problem($i->request('PUT', "/api/djs/$id", { weight => $_ }), 400,
        qr/\Aweight:/, 'a wrong weight') for -1, 1001, '1', [], {};
    is_problem($i->request($_, '/api/djs/00000000-0000-7000-8000-00000000dead', {}), 404,
        qr/no such DJ/, "$_ of nobody") for qw(PUT DELETE);
    return;
}

sub test_removal {
    my ($i) = @_;
    my $id = new_dj($i, 'Removed');
    is_status($i->request('DELETE', "/api/djs/$id"), 204, 'a DJ is removed');
    is_problem($i->request('GET', "/api/djs/$id"), 404, qr/no such DJ/,
        'and is not there any more');
    $id = new_dj($i, 'Removed');
    my $set = $i->request('POST', '/api/sessions/start', { dj_id => $id })
        ->{json}{id};
    $i->request('POST', '/api/sessions/end', { session_id => $set });
    is_status($i->request('DELETE', "/api/djs/$id"), 204,
        'one who has played is, too');
    my $dj = $i->request('GET', "/api/djs/$id")->{json};
    ok(defined $dj && !$dj->{is_active}, 'but is only deactivated');
    is($i->request('GET', "/api/sessions/$set")->{json}{dj_name}, 'Removed',
        'and the set stays');
    return;
}

my @WRONG = (
    [name => {}],
    [name => { name => undef }],
    [name => { name => '' }],
    [name => { name => " \t\x{3000}" }],
    [name => { name => 'x' x 101 }],
    [name => { name => "a\nb" }],
    [name => { name => "a\x{0}b" }],
    [name => { name => "a\x{202e}b" }],
    [name => { name => "\x{200b}" }],
    [name => { name => "\x{fe0f}" }],
    [name => { name => 7 }],
    [name => { name => ['x'] }],
    [name => { name => { a => 'x' } }],
    [name => { name => JSON::PP::true() }],
    [email => { name => 'x', email => 'nobody' }],
    [email => { name => 'x', email => '@x' }],
    [email => { name => 'x', email => 'x@' }],
    [email => { name => 'x', email => 'a@b@c' }],
    [email => { name => 'x', email => 'a b@c' }],
    [email => { name => 'x', email => "a\@b\r\nX: y" }],
    [email => { name => 'x', email => ('x' x 250) . '@x.example' }],
    [email => { name => 'x', email => 1 }],
);

sub test_refused {
    my ($i) = @_;
    for (@WRONG) {
        my ($field, $body) = @$_;
        my $answer = $i->request('POST', $REGISTER, $body);
        is_problem($answer, 400, qr/\A\Q$field\E:/,
            "$field is refused: " . write_json($body));
    }
    return;
}

sub test_one {
    my ($i) = @_;
    my $id = register($i, name => 'Only One', email => 'o@x.example')
        ->{json}{id};
    my $answer = $i->request('GET', "/api/djs/$id");
    is_status($answer, 200, 'a DJ is shown');
    is_shape($answer->{json}, 'dj', 'with all members');
    is($answer->{json}{email}, 'o@x.example', 'an admin sees the address');
    my $upper = $i->request('GET', '/api/djs/' . uc $id);
    is($upper->{json}{id}, $id, 'the id may be in upper case');
    my $other = $i->request('GET', "/api/djs/$id", undef,
        'x-forwarded-for' => '192.0.2.1');
    is_status($other, 200, 'others see the DJ');
    is_shape($other->{json}, 'dj', 'with all members');
    is($other->{json}{email}, undef, 'but not the address');
    is_problem($i->request('GET', '/api/djs/' . uuid_of(9, 9)), 404, qr/DJ/,
        'an unknown DJ');
    return;
}

sub test_list {
    my ($i) = @_;
    my @pages = walk_pages($i, '/api/djs?limit=7&unknown=a%20b');
    my @ids = map { $_->{id} =~ tr/-//dr } map { @$_ } @pages;
    my @all = map { $_->[0] } $i->query('SELECT LOWER(HEX(id)) FROM djs'
        . ' ORDER BY registered_at DESC, id DESC');
    is_deeply(\@ids, \@all, 'the pages hold all DJs, newest first');
    is(scalar(grep { @$_ != 7 } @pages[0 .. $#pages - 1]), 0,
        'all pages but the last are full');
    is_shape($_, 'dj', 'a DJ of the list') for @{ $pages[0] };
    my $long = $i->request('GET', '/api/djs?limit=1&unknown=' . 'a' x 6500);
    is_status($long, 200, 'a long parameter that is not known is ignored');
    unlike($long->{headers}{link}, qr/unknown/, 'also for the next page');
    my $public = $i->request('GET', '/api/djs', undef,
        forwarded => 'for=192.0.2.1');
    is(scalar(grep { defined $_->{email} } @{ $public->{json} }), 0,
        'others see no e-mail address');
    my ($whole) = walk_pages($i, '/api/djs?limit=1000');
    is(scalar @$whole, scalar @all, 'a page may have 1000');
    return;
}

sub tests {
    my ($i) = @_;
    test_register($i);
    test_conflicts($i);
    test_refused($i);
    test_changes($i);
    test_removal($i);
    test_one($i);
    test_list($i);
    return;
}

1;
