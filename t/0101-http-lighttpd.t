# SPDX-License-Identifier: MIT
# The HTTP tests, with FastCGI workers behind lighttpd.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Setlink::HttpSuite;

Setlink::HttpSuite->run('lighttpd');
