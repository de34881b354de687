# SPDX-License-Identifier: MIT
# The routes, as the contract lists them.
package Setlink::Routes;

use strict;
use warnings;

use Exporter 'import';
use Setlink::Recordings qw(uuid_of);

our @EXPORT_OK = qw(all_routes admin_routes route_paths target_of
    declared_routes);

my $RECORDER = '/api/session-recorder';

# Method, path, who may call it.
my @ROUTES = (
    ['GET',    '/health',                        'public'],
    ['GET',    '/ready',                         'public'],
    ['GET',    '/metrics',                       'machine'],
    ['POST',   '/api/djs/register',              'public'],
    ['GET',    '/api/djs',                       'public'],
    ['GET',    '/api/djs/{id}',                  'public'],
    ['PUT',    '/api/djs/{id}',                  'admin'],
    ['DELETE', '/api/djs/{id}',                  'admin'],
    ['GET',    '/api/djs/pool',                  'public'],
    ['POST',   '/api/djs/{id}/request',          'public'],
    ['GET',    '/api/djs/{id}/requests',         'admin'],
    ['POST',   '/api/requests/{id}/approve',     'admin'],
    ['POST',   '/api/requests/{id}/reject',      'admin'],
    ['POST',   '/api/event/start',               'admin'],
    ['GET',    '/api/event/current',             'public'],
    ['GET',    '/api/event/timetable',           'public'],
    ['POST',   '/api/event/end',                 'admin'],
    ['POST',   '/api/lottery/draw',              'admin'],
    ['GET',    '/api/lottery/queue',             'public'],
    ['GET',    '/api/lottery/next',              'public'],
    ['GET',    '/api/lottery/statistics',        'public'],
    ['GET',    '/api/lottery/draws',             'public'],
    ['GET',    '/api/lottery/draws/{id}',        'public'],
    ['POST',   '/api/lottery/reset',             'admin'],
    ['POST',   '/api/sessions/start',            'admin'],
    ['POST',   '/api/sessions/end',              'admin'],
    ['GET',    '/api/sessions/current',          'public'],
    ['GET',    '/api/sessions/statistics',       'public'],
    ['GET',    '/api/sessions',                  'public'],
    ['POST',   '/api/sessions',                  'admin'],
    ['GET',    '/api/sessions/{id}',             'public'],
    ['PUT',    '/api/sessions/{id}',             'admin'],
    ['GET',    '/api/sessions/{id}/download',    'public'],
    ['GET',    '/api/admin/djs',                 'admin'],
    ['PUT',    '/api/admin/djs/{id}',            'admin'],
    ['DELETE', '/api/admin/djs/{id}',            'admin'],
    ['PUT',    '/api/admin/djs/{id}/position',   'admin'],
    ['GET',    '/api/admin/queue',               'admin'],
    ['POST',   '/api/admin/queue/reset',         'admin'],
    ['POST',   '/api/admin/queue/skip',          'admin'],
    ['POST',   '/api/admin/sessions/b2b',        'admin'],
    ['GET',    '/api/admin/statistics',          'admin'],
    ['GET',    '/api/admin/timetable',           'admin'],
    ['GET',    "$RECORDER/available-sessions",   'admin'],
    ['POST',   "$RECORDER/link/{session_id}/{recorder_id}/"
            . '{recorder_session_id}', 'admin'],
    ['DELETE', "$RECORDER/link/{session_id}",    'admin'],
    ['POST',   "$RECORDER/auto-link/{session_id}", 'admin'],
    ['GET',    "$RECORDER/download/{session_id}/{format}", 'public'],
    ['GET',    "$RECORDER/session/{session_id}", 'public'],
    ['GET',    "$RECORDER/recorders",            'admin'],
    ['PUT',    "$RECORDER/recorders/{recorder_id}", 'admin'],
    ['GET',    "$RECORDER/recording/{recorder_id}/{id}", 'admin'],
    ['GET',    "$RECORDER/cue/{recorder_id}/{id}", 'public'],
    ['POST',   "$RECORDER/sync",                 'admin'],
    ['POST',   "$RECORDER/events",               'events'],
    ['GET',    '/api/admin/audit',               'admin'],
);

# Each a hash of method, path and access.
sub all_routes {
    return map { { method => $_->[0], path => $_->[1], access => $_->[2] } }
        @ROUTES;
}

sub admin_routes { return grep { $_->{access} eq 'admin' } all_routes() }

# The paths, each once, with the methods that Allow names for it.
sub route_paths {
    my %methods;
    push @{ $methods{ $_->{path} } }, $_->{method} for all_routes();
    for (values %methods) {
        my %has = map { $_ => 1 } @$_, 'OPTIONS';
        $has{HEAD} = $has{GET};
        $_ = join ', ', grep { $has{$_} }
            qw(GET HEAD POST PUT DELETE OPTIONS);
    }
    return \%methods;
}

# Parameters that have a macro of their own in the sources.
my %MACROS = (
    LIST_PARAMS => '{"limit", PARAM_QUERY, PARAM_INTEGER, false, 1, 1000,'
        . ' NULL}, {"cursor", PARAM_QUERY, PARAM_TOKEN, false, 0, 0, NULL}',
    TABLE_PARAM => '{"format", PARAM_QUERY, PARAM_CHOICE, false, 0, 0,'
        . ' "json csv"}',
    SESSION_ID => '{"session_id", PARAM_PATH, PARAM_UUID, true, 0, 0, NULL}',
    TYPES             => '"solo b2b special"',
    REQUESTS_PENDING  => '"pending"',
    REQUESTS_APPROVED => '"approved"',
    REQUESTS_REJECTED => '"rejected"',
);

sub read_parameters {
    my ($text) = @_;
    $text =~ s/\b([A-Z]+(?:_[A-Z]+)*)\b/$MACROS{$1} \/\/ $1/ge;
    my @found;
    while ($text =~ s/\{"(\w+)",\s*([A-Z_ |]+),\s*PARAM_(\w+),
            ([^{}]*)\}//x) {
        my ($name, $in, $type, $rest) = ($1, $2, $3, $4);
        push @found, { name => $name, type => $type,
            in => [$in =~ /PARAM_(\w+)/g],
            choices => [split / /, join '', $rest =~ /"([^"]*)"/g] };
    }
    die "what is this: $text\n" if $text !~ /\A[\s,]*\{NULL\},?\s*\z/;
    return \@found;
}

sub declared_in {
    my ($path) = @_;
    open my $file, '<', $path or die "$path: $!\n";
    my $source = do { local $/; <$file> };
    my ($base) = $source =~ /^#define BASE "([^"]+)"/m;
    my %parameters = (NULL => []);
    while ($source =~ /^static\ const\ struct\ param\ (\w+)\[\]\ =\ \{
            (.*?)^\};/gmsx) {
        $parameters{$1} = read_parameters($2);
    }
    my @routes;
    while ($source =~ /\{HTTP_(\w+),\s*(BASE)?\s*"([^"]+)",\s*ROUTE_(\w+),
            \s*\w+,\s*(\w+),/gx) {
        push @routes, { method => $1, path => ($2 ? $base : '') . $3,
            access => lc $4, parameters => $parameters{$5} // die "$5?\n" };
    }
    return @routes;
}

# The routes as the sources declare them, each also with its `parameters`: name,
# type, choices, and `in`, some of PATH, QUERY and BODY.
sub declared_routes { return map { declared_in($_) } glob 'src/api/*.c' }

# A path with its {parameters} filled in, from the hash or with the id of
# nothing.
sub target_of {
    my ($path, %value) = @_;
    %value = (format => 'ogg', %value);
    return $path =~ s/\{(\w+)\}/$value{$1} \/\/ uuid_of(0, 0)/ger;
}

1;
