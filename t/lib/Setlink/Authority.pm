# SPDX-License-Identifier: MIT
# A certificate authority of a test's own.
package Setlink::Authority;

use strict;
use warnings;

use Setlink::Process qw(scratch);

my $count = 0;

sub openssl {
    my (@arguments) = @_;
    system('sh', '-c', 'exec "$@" 2>/dev/null', 'sh', 'openssl', @arguments)
        == 0 or die "openssl @arguments failed: $?\n";
    return;
}

sub new {
    my ($class) = @_;
    my $self = bless { base => scratch() . '/ca' . $count++ }, $class;
    openssl(qw(req -x509 -newkey rsa:2048 -nodes -days 2 -subj), '/CN=Test CA',
        '-keyout', "$self->{base}.key", '-out', $self->file);
    return $self;
}

# The file with its own certificate.
sub file { return "$_[0]{base}.pem" }

# Make a certificate for `names`, as subjectAltName has them, that ends after so
# many days: the files of it and of its key.
sub sign {
    my ($self, $names, $days) = @_;
    my ($pem, $key, $request, $names_file) =
        map { "$self->{base}-$count.$_" } qw(crt key csr ext);
    $count++;
    open my $file, '>', $names_file or die "$names_file: $!\n";
    print {$file} "subjectAltName=$names\n";
    close $file or die "$names_file: $!\n";
    openssl(qw(req -newkey rsa:2048 -nodes -subj), '/CN=MinIO', '-keyout',
        $key, '-out', $request);
    openssl(qw(x509 -req -in), $request, '-CA', $self->file, '-CAkey',
        "$self->{base}.key", '-CAcreateserial', '-days', $days, '-extfile',
        $names_file, '-out', $pem);
    return ($pem, $key);
}

1;
