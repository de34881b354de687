# SPDX-License-Identifier: MIT
# The HTTP tests, with plain CGI under lighttpd.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Setlink::HttpSuite;

Setlink::HttpSuite->run('lighttpd-cgi');
