"""Uploads can be read in parts, and are sent as they are."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client

CONTENT = bytes(range(256)) * 1000
SIZE = len(CONTENT)


@pytest.fixture
def url() -> str:
    return f"/media/{default_storage.save('exercise.mp4', ContentFile(CONTENT))}"


@pytest.mark.parametrize(
    ("header", "start", "stop"),
    [
        ("bytes=0-1", 0, 2),
        ("bytes=0-0", 0, 1),
        ("bytes=100000-", 100_000, SIZE),
        ("bytes=-500", SIZE - 500, SIZE),
        ("bytes=-9999999", 0, SIZE),
        ("bytes=1000-9999999", 1000, SIZE),
    ],
)
def test_a_player_can_load_any_part_of_a_file(client: Client, url: str, header: str, start: int, stop: int) -> None:
    response = client.get(url, headers={"Range": header, "Accept-Encoding": "gzip"})
    assert response.status_code == 206
    assert response.getvalue() == CONTENT[start:stop]
    assert response["Content-Range"] == f"bytes {start}-{stop - 1}/{SIZE}"
    assert response["Content-Length"] == str(stop - start)
    assert (response["Content-Type"], response["Accept-Ranges"]) == ("video/mp4", "bytes")


@pytest.mark.parametrize("header", [f"bytes={SIZE}-", "bytes=-0"])
def test_a_part_outside_the_file_is_an_error(client: Client, url: str, header: str) -> None:
    response = client.get(url, headers={"Range": header})
    assert (response.status_code, response["Content-Range"]) == (416, f"bytes */{SIZE}")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Range": "bytes=0-1,5-6"},
        {"Range": "bytes=9-2"},
        {"Range": "bytes=-"},
        {"Range": f"bytes=0-{'9' * 5000}"},
        {"Range": "lines=0-1"},
        {"Range": "bytes=0-1", "If-Range": "Sat, 01 Jan 2000 00:00:00 GMT"},
    ],
)
def test_other_requests_get_the_whole_file_uncompressed(client: Client, url: str, headers: dict[str, str]) -> None:
    response = client.get(url, headers=headers | {"Accept-Encoding": "gzip"})
    assert response.status_code == 200
    assert response.getvalue() == CONTENT
    assert response["Content-Length"] == str(SIZE)
    assert "Content-Encoding" not in response


def test_a_part_of_an_unchanged_file_can_be_requested(client: Client, url: str) -> None:
    changed_at = client.get(url)["Last-Modified"]
    assert client.get(url, headers={"Range": "bytes=0-1", "If-Range": changed_at}).status_code == 206


def test_a_head_request_describes_the_whole_file(client: Client, url: str) -> None:
    response = client.head(url, headers={"Range": "bytes=0-1", "Accept-Encoding": "gzip"})
    assert (response.status_code, response["Content-Length"], response["Accept-Ranges"]) == (200, str(SIZE), "bytes")
    assert response.getvalue() == b""
