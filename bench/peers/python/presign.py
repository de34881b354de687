# SPDX-License-Identifier: MIT
"""Microseconds that boto3 takes for a presigned URL: presign.py COUNT [plain]."""

import sys
import time

import boto3
from botocore.config import Config


def main() -> None:
    count = int(sys.argv[1])
    client = boto3.client(
        "s3",
        endpoint_url="http://localhost:9000",
        aws_access_key_id="admin",
        aws_secret_access_key="password123",
        region_name="us-east-1",
        config=Config(signature_version="s3v4"),
    )
    parameters = {
        "Bucket": "session-recorder",
        "Key": "a0000001-0000-4000-8000-000000000001/sessions/"
        "b0000001-0000-4000-8000-000000000001/data.ogg",
    }
    if sys.argv[2:] != ["plain"]:
        parameters["ResponseContentType"] = "audio/ogg"
        parameters["ResponseContentDisposition"] = (
            'attachment; filename="DJ number 1 2026-11-21.ogg"'
        )
    begun = time.perf_counter()
    for _ in range(count):
        client.generate_presigned_url("get_object", parameters, 3600)
    print(f"{(time.perf_counter() - begun) * 1e6 / count:.3f}")


if __name__ == "__main__":
    main()
