# SPDX-License-Identifier: MIT
# HTTP tests of parameters that are not as they should be: in paths, in
# queries, as cursors.
package Setlink::HttpSuite::Parameters;

use strict;
use warnings;

use Setlink::Recordings qw(uuid_of);
use Setlink::Routes qw(all_routes target_of);
use Setlink::Shape qw(is_status is_problem);
use Test::More;

my $ID = uuid_of(2, 2);
my $AVAILABLE = '/api/session-recorder/available-sessions';
my $RECORDERS = '/api/session-recorder/recorders';

my @NO_UUIDS = ('x', substr($ID, 1), "${ID}0", "{$ID}", $ID =~ tr/-//dr,
    $ID =~ s/0/g/r, $ID =~ s/-/_/gr, "$ID%20", "%20$ID", '%0d%0a', '%ff%fe',
    "urn:uuid:$ID", '0', '-1', '\'%20OR%201=1--', '..%2F..', '{id}', '%C3%BC');

sub test_ids_in_paths {
    my ($i) = @_;
    for my $route (all_routes()) {
        for my $name ($route->{path} =~ /\{(\w*id)\}/g) {
            my @answers = $i->parallel(map { [$route->{method},
                    target_of($route->{path}, $name => $_)] } @NO_UUIDS);
            is_problem($answers[$_], 400, qr/\A(?:\Q$name\E|path):/,
                "$route->{method} $route->{path}: $name=$NO_UUIDS[$_]")
                for 0 .. $#NO_UUIDS;
        }
    }
    return;
}

sub test_lists {
    my ($i) = @_;
    for my $list ('/api/djs', '/api/sessions', $RECORDERS, $AVAILABLE) {
        is_problem($i->request('GET', "$list?limit=$_"), 400, qr/\Alimit:/,
            "$list refuses limit=$_")
            for '', '0', '1001', '-1', '1.0', '1e1', '0x10', '%2B5', 'ten',
                '9' x 40, '5&limit=5', '5%00';
        is_problem($i->request('GET', "$list?cursor=$_"), 400, qr/\Acursor:/,
            "$list refuses cursor=$_")
            for '', 'x', '0' x 47, '0' x 49, 'f' x 48, 'f' x 80, 'x' x 48,
                '0' x 2000, ('0' x 48) . "&cursor=" . ('0' x 48);
    }
    is_status($i->request('GET', '/api/djs?cursor=' . '0' x 48), 200,
        'a made up cursor may be one');
    return;
}

sub test_available {
    my ($i) = @_;
    my @cases = (
        [recorder_id => '', 'x', $ID . '0', "$ID&recorder_id=$ID"],
        (map { [$_ => '', 'yesterday', '1767323045', '2026-01-02',
            '2026-01-02T03:04:05', '2026-13-01T00:00:00Z',
            '2026-02-29T00:00:00Z', '2026-01-02T24:00:00Z',
            '0000-01-01T00:00:00Z', '0001-01-01T00:00:00Z',
            '0001-01-01T00:00:00%2B23:59', '9999-12-31T23:59:59-23:59',
            '2026-01-02T03:04:05.Z',
            '2026-01-02T03:04:05+00:00', '2026-01-02T03:04:05Z%00',
            '10000-01-01T00:00:00Z'] } qw(since until)),
        (map { [$_ => '', '1', 'yes', 'TRUE', 'true&' . $_ . '=true',
            'true&' . $_ . '=false'] } qw(linked open presigned)),
    );
    for (@cases) {
        my ($name, @values) = @$_;
        is_problem($i->request('GET', "$AVAILABLE?$name=$_"), 400,
            qr/\A\Q$name\E:/, "$name=$_ is refused") for @values;
    }
    return;
}

# A known name is known however it is written, an unknown one is ignored.
sub test_names {
    my ($i) = @_;
    is_problem($i->request('GET', '/api/djs?%6cimit=0'), 400, qr/\Alimit:/,
        'a name may be encoded');
    is_problem($i->request('GET', '/api/djs?limit'), 400, qr/\Alimit:/,
        'a name without a value');
    is_status($i->request('GET', "/api/djs?$_"), 200, "?$_ is ignored")
        for 'limi=0', 'limits=0', 'LIMIT=0', '=5', '&&&', 'x', 'x=1&x=2',
            '%00=1', 'limit%00=0', '%ff=%fe', '?', 'a=b=c', 'limit=5&',
            '%F0%9F%8E%A7=1';
    is_problem($i->request('GET', "/api/djs?$_"), 400, qr/\Aquery:/,
        "?$_ is refused")
        for '%', '%4', 'x=%zz', 'limit=%5', 'x=1&y=%', '%u0041=1', 'x=%%41';
    is_problem($i->request('GET', '/api/djs?' . 'a=1&' x 1500), 400,
        qr/\Aquery:/, 'too many parameters');
    return;
}

sub tests {
    my ($i) = @_;
    test_ids_in_paths($i);
    test_lists($i);
    test_available($i);
    test_names($i);
    return;
}

1;
