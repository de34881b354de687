# SPDX-License-Identifier: MIT
# Looking for secrets in what others may read.
package Setlink::Secrets;

use strict;
use warnings;

use Exporter 'import';
use MIME::Base64 qw(encode_base64);

our @EXPORT_OK = qw(secrets_found);

# What is the same of its base64, whatever stands around it, for a secret that
# begins at this place of three.
sub base64_of {
    my ($secret, $before) = @_;
    my $text = encode_base64(('x' x $before) . $secret, '');
    my $whole = int(($before + length $secret) / 3) * 4;
    my $skip = $before == 0 ? 0 : 4;
    return substr $text, $skip, $whole - $skip;
}

sub percent_of {
    my ($secret, $keep) = @_;
    return $secret =~ s/([^A-Za-z0-9_.~$keep-])/sprintf '%%%02X', ord $1/ger;
}

# The forms in which a secret could stand somewhere.
sub forms {
    my ($secret) = @_;
    my $hex = unpack 'H*', $secret;
    my $json = $secret =~ s/(["\\])/\\$1/gr;
    return ($secret, $hex, uc $hex, $json, percent_of($secret, ''),
        percent_of($secret, '/'), lc percent_of($secret, ''),
        map { my $text = base64_of($secret, $_); ($text, $text =~ tr{+/}{-_}r) }
            0 .. 2);
}

# Of secrets, a hash of names and values, those that a text holds in any form.
sub secrets_found {
    my ($secrets, $text) = @_;
    return grep {
        my $secret = $secrets->{$_};
        grep { index($text, $_) >= 0 } forms($secret)
    } sort keys %$secrets;
}

1;
