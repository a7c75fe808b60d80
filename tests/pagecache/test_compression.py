"""Clients get the best encoding they accept."""

import gzip
import tracemalloc

import brotli
import pytest
import zstandard

from pagecache.compression import choose_encoding, compress


@pytest.mark.parametrize(
    ("accept_encoding", "expected"),
    [
        ("", ""),
        ("gzip", "gzip"),
        ("gzip, deflate, br", "br"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("GZIP", "gzip"),
        ("gzip;q=0", ""),
        ("gzip; q=0.0, br;q=0.001", "br"),
        ("zstd;q=0, *", "br"),
        ("*;q=0", ""),
        ("*", "zstd"),
        ("identity", ""),
        ("gzip;q=high", ""),
        ("gzip;level=9", "gzip"),
        (",;=,gzip", "gzip"),
        ("br," * 500, ""),
        ("gzip, br;q=0.9", "gzip"),
        ("gzip;q=0.5, *;q=0.7", "zstd"),
        ("identity, gzip;q=0.5", ""),
        ("identity, gzip", "gzip"),
    ],
)
def test_the_encoding_is_one_that_the_client_accepts(accept_encoding: str, expected: str) -> None:
    assert choose_encoding(accept_encoding) == expected


def test_every_encoding_can_be_decoded() -> None:
    body = b"<p>Bend and straighten your knee.</p>" * 100
    assert zstandard.decompress(compress(body, "zstd")) == body
    assert brotli.decompress(compress(body, "br")) == body
    assert gzip.decompress(compress(body, "gzip")) == body
    assert compress(body, "") == body


@pytest.mark.parametrize("encoding", ["zstd", "br", "gzip"])
def test_a_compressed_page_takes_no_more_memory_than_its_bytes(encoding: str) -> None:
    body = "".join(f"<p>Step {number} of the stairs.</p>" for number in range(2000)).encode()
    compress(body, encoding)
    tracemalloc.start()
    try:
        pages = [compress(body, encoding) for _ in range(10)]
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert used < sum(map(len, pages)) + 10_000
