"""An S3-compatible server with empty buckets."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote
from urllib.request import Request, urlopen

import boto3
from moto.server import ThreadedMotoServer

KEY, SECRET = "key", "sec/ret"


@contextmanager
def run_s3(*buckets: str) -> Iterator[str]:
    """Run a server with `buckets`, and yield its URL."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    # Every server of a process has the same content.
    urlopen(Request(f"{url}/moto-api/reset", method="POST"), timeout=10).close()
    for bucket in buckets:
        client(url).create_bucket(Bucket=bucket)
    try:
        yield url
    finally:
        server.stop()


def client(url: str) -> "boto3.client":
    """Return a client of the server at `url`."""
    return boto3.client(
        "s3", endpoint_url=url, aws_access_key_id=KEY, aws_secret_access_key=SECRET, region_name="us-east-1"
    )


def bucket_url(url: str, path: str) -> str:
    """Return the s3:// URL of a bucket and prefix on the server at `url`."""
    return f"s3://{KEY}:{quote(SECRET, safe='')}@{path}?endpoint_url={url}&region_name=us-east-1"
