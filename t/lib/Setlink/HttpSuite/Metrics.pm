# SPDX-License-Identifier: MIT
# HTTP tests of the numbers for Prometheus.
package Setlink::HttpSuite::Metrics;

use strict;
use warnings;

use Digest::MD5 qw(md5_hex);
use Setlink::Night qw(new_dj new_set start_set);
use Setlink::Shape qw(is_status is_problem);
use Test::More;

my $DAY = 86400;

my $NAME   = qr/[a-zA-Z_:][a-zA-Z0-9_:]*/;
my $LABEL  = qr/[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"/;
my $NUMBER = qr/-?\d+(?:\.\d+)?(?:e[-+]\d+)?|NaN|[-+]Inf/;

# Each line has to be what version 0.0.4 of the format allows, and the samples
# of a metric stand together behind its help and type. Returns the values, by
# name and labels, and what is wrong.
sub parse {
    my ($text) = @_;
    my (%value, %seen, @wrong, $metric, $help);
    push @wrong, 'no line break at the end' if $text !~ /\n\z/;
    for my $line (split /\n/, $text) {
        if ($line =~ /\A# HELP ($NAME) (?:[^\\]|\\[\\n])+\z/) {
            push @wrong, "$1 twice" if $seen{$1}++;
            ($help, $metric) = ($1, '');
        }
        elsif ($line =~ /\A# TYPE ($NAME) (counter|gauge)\z/) {
            $metric = $1;
            push @wrong, "$1 without help" if $1 ne ($help // '');
            push @wrong, "$1: a counter is a total"
                if ($2 eq 'counter') != (substr($1, -6) eq '_total');
        }
        elsif ($line =~ /\A(($NAME)(?:\{$LABEL(?:,$LABEL)*\})?) ($NUMBER)\z/) {
            push @wrong, "$2 without type" if $2 ne ($metric // '');
            push @wrong, "$1 twice" if exists $value{$1};
            $value{$1} = $3;
        }
        else {
            push @wrong, "what is this: $line";
        }
    }
    return (\%value, @wrong);
}

sub metrics {
    my ($i) = @_;
    my $answer = $i->request('GET', '/metrics');
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is_status($answer, 200, 'GET /metrics');
    is($answer->{headers}{'content-type'},
        'text/plain; version=0.0.4; charset=utf-8', 'its type');
    my ($value, @wrong) = parse($answer->{content});
    is_deeply(\@wrong, [], 'Prometheus can read it');
    return $value;
}

sub count { return ($_[0]->query("SELECT COUNT(*) FROM $_[1]"))[0][0] }

sub test_values {
    my ($i) = @_;
    my $name = "secret \"name\"\\\n" =~ s/\n//r;
    my $dj = new_dj($i, $name);
    my $before = metrics($i);
    start_set($i, dj_id => $dj);
    # Of another hour than those of the links.
    new_set($i, time - 6.5 * $DAY, time - 6.5 * $DAY + 600);
    new_set($i, time - 30 * $DAY, time - 30 * $DAY + 600);
    $i->query('INSERT INTO address_counts VALUES'
            . " ('wrong token', REPEAT('a', 16), UTC_TIMESTAMP(6), 7)");
    my $value = metrics($i);
    $i->query("DELETE FROM address_counts WHERE what = 'wrong token'");
    my $more = sub { $value->{ $_[0] } - $before->{ $_[0] } };
    like(join(' ', keys %$value),
        qr/setlink_build_info\{version="\d+\.\d+\.\d+"\}/, 'the version');
    is($value->{setlink_up}, 1, 'the database answers');
    is($value->{setlink_schema_version},
        ($i->query('SELECT MAX(version) FROM schema_migrations'))[0][0],
        'the version of the tables');
    is($more->('setlink_sets_running'), 1, 'one more plays');
    is($more->('setlink_sets{upload_status="recording"}'), 1, 'a set runs');
    is($more->('setlink_sets{upload_status="processing"}'), 1,
        'a set of these days waits for its recording');
    is($more->('setlink_sets{upload_status="failed"}'), 0,
        'an old one is not counted');
    is($value->{setlink_wrong_tokens}, 7, 'wrong tokens');
    is($value->{setlink_pool_djs}, count($i, 'pool_entries e JOIN pools p'
            . ' ON p.id = e.pool_id WHERE p.open_mark = 1'), 'DJs in the pool');
    is($value->{setlink_draws_total},
        count($i, 'draws WHERE winner_id IS NOT NULL'), 'draws');
    is($value->{setlink_sets_without_recording}, 0,
        'the set may yet be recorded');
    is(scalar(grep { /secret|\Q$dj\E/ } %$value), 0,
        'no names, no ids of sets and DJs');
    return;
}

sub test_index {
    my ($i) = @_;
    $i->sync;
    my $value = metrics($i);
    cmp_ok($value->{setlink_index_age_seconds}, '<', 600, 'the index is new');
    is($value->{setlink_refresh_failed}, 0, 'nothing failed');
    $i->query("UPDATE sync_state SET failure = 'x'");
    is(metrics($i)->{setlink_refresh_failed}, 1, 'a refresh that failed');
    $i->query('UPDATE sync_state SET failure = NULL');
    return;
}

# Sixty recorders, number 1 was seen first. Number 59 has stored nothing for a
# day, of 60 no chunk is known; 58 has newer recordings, the newest of them gone.
sub test_recorders {
    my ($i) = @_;
    $i->query(<<"END");
INSERT INTO recorders (id, name, first_seen_at, last_seen_at)
SELECT UNHEX(MD5(seq)), 'secret', '2000-01-01' + INTERVAL seq HOUR,
UTC_TIMESTAMP(6) FROM seq_1_to_60;
INSERT INTO recordings (recorder_id, id, listed_at, first_seen_at, chunks,
newest_chunk_at) SELECT UNHEX(MD5(seq)), UNHEX(MD5(seq)), '2000-01-02',
'2000-01-02', 1, IF(seq = 60, NULL,
UTC_TIMESTAMP(6) - INTERVAL IF(seq = 59, 86401, seq * 100) SECOND)
FROM seq_11_to_60;
INSERT INTO recordings (recorder_id, id, listed_at, first_seen_at, chunks,
newest_chunk_at) SELECT UNHEX(MD5(58)), UNHEX(MD5(1000 + seq)), '2000-01-03'
+ INTERVAL seq HOUR, '2000-01-02', 1, UTC_TIMESTAMP(6)
+ INTERVAL seq HOUR FROM seq_1_to_2;
UPDATE recordings SET gone_at = UTC_TIMESTAMP(6) WHERE id = UNHEX(MD5(1002));
END
    my $name = 'setlink_recorder_newest_chunk_age_seconds';
    my $age = qr/\A$name\{recorder="(.*)"\}/;
    my $value = metrics($i);
    my %ages = map { /$age/ ? ($1 =~ tr/-//dr => $value->{$_}) : () }
        keys %$value;
    my $of = sub { return $ages{ md5_hex($_[0]) } };
    is($of->($_), undef, "recorder $_") for 10, 59, 60;
    for (57, 30) {
        cmp_ok($of->($_), '>=', 100 * $_, "recorder $_: the age of its chunk");
        cmp_ok($of->($_), '<', 100 * $_ + 90, 'and no more');
    }
    is($of->(58), 0, 'the newest recording that is there counts, and no chunk'
        . ' is younger than nothing');
    cmp_ok(scalar keys %ages, '<=', 50, 'so many at most');
    is(scalar(grep { /secret/ } %$value), 0, 'no names');
    $i->query("DELETE FROM recorders WHERE name = 'secret';"
        . " DELETE FROM recordings WHERE first_seen_at = '2000-01-02'");
    return;
}

sub test_access {
    my ($i) = @_;
    is_problem($i->request('GET', '/metrics', undef,
        'x-forwarded-for' => '192.0.2.1'), 403, qr/loopback/,
        'others may not see them');
    is_status($i->request('HEAD', '/metrics'), 200, 'HEAD');
    return;
}

sub tests {
    my ($i) = @_;
    subtest $_->[0] => sub { $_->[1]->($i) } for
        ['values' => \&test_values], ['the index' => \&test_index],
        ['recorders' => \&test_recorders],
        ['who may see them' => \&test_access];
    return;
}

1;
