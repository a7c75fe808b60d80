"""Read the URL of a bucket: s3://key:secret@bucket/prefix?endpoint_url=https://host."""

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

_OPTIONS = {"endpoint_url", "region_name", "addressing_style", "signature_version"}


def parse_bucket_url(url: str) -> dict[str, Any]:
    """Return the options of django-storages for `url`.

    Without a key, boto3 finds the credentials of the machine. Encoded characters of a key are decoded. Raise ValueError
    with a sentence about the form, which does not contain the URL and its key.
    """
    try:
        parts = urlsplit(url)
        query = parse_qs(parts.query, strict_parsing=bool(parts.query))
        bucket = parts.netloc.rpartition("@")[2]
        is_valid = parts.scheme == "s3" and bool(bucket) and query.keys() <= _OPTIONS
    except ValueError:
        is_valid = False
    if not is_valid:
        raise ValueError(f"to s3://key:secret@bucket/prefix. Its options are {', '.join(sorted(_OPTIONS))}.")
    options: dict[str, Any] = {name: values[-1] for name, values in query.items()}
    options |= {"bucket_name": bucket, "location": parts.path.strip("/")}
    if parts.username and parts.password:
        options |= {"access_key": unquote(parts.username), "secret_key": unquote(parts.password)}
    return options
