# SPDX-License-Identifier: MIT
"""Presigns with botocore what presign-lines.c presigns: the same lines on
stdin (see there), one URL a line on stdout. The URL is the one that S3 sees:
SHOWN-AUTHORITY and SHOWN-PREFIX are not used."""

import datetime
import sys
from unittest import mock
from urllib.parse import quote

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


def unhex(field):
    return b"" if field == "-" else bytes.fromhex(field)


def text(field):
    return unhex(field).decode("ascii")


def fixed_clock(seconds):
    now = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)

    class Fixed(datetime.datetime):
        @classmethod
        def utcnow(cls):
            return now

    return mock.patch.object(botocore.auth.datetime, "datetime", Fixed)


def presign(line):
    fields = line.split()
    method, style, tls = fields[:3]
    authority, prefix, bucket = (text(f) for f in fields[5:8])
    key = unhex(fields[8])
    region, access_key, secret_key = (text(f) for f in fields[9:12])
    seconds, expires = int(fields[12]), int(fields[13])
    rest = [unhex(f) for f in fields[14:]]

    if style == "virtual":
        authority = bucket + "." + authority
    else:
        prefix += "/" + bucket
    url = "http%s://%s%s/%s" % ("s" if tls == "1" else "", authority, prefix,
                                quote(key, safe="/~"))
    request = AWSRequest(method, url, params=dict(zip(rest[::2], rest[1::2])))
    auth = botocore.auth.S3SigV4QueryAuth(
        Credentials(access_key, secret_key), "s3", region, expires)
    with fixed_clock(seconds):
        auth.add_auth(request)
    return request.url


for line in sys.stdin:
    print(presign(line))
