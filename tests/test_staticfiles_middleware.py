"""Static files are served compressed as the client prefers, and cached forever under their hashed names."""

import gzip
from pathlib import Path
from typing import Any

import brotli
import pytest
import zstandard
from django.core.files.base import ContentFile
from django.http import HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from ptcomplete.staticfiles_middleware import StaticFilesMiddleware
from ptcomplete.staticfiles_storage import BundlingStorage, ZstdCompressor

TEXT = b".post { color: teal; }\n" * 200


@pytest.fixture
def serve(tmp_path: Path, settings: Settings) -> StaticFilesMiddleware:
    """Return the middleware with a compressed style sheet and a font, which is not compressed."""
    settings.STATIC_ROOT = tmp_path
    (tmp_path / "post.css").write_bytes(TEXT)
    (tmp_path / "letters.woff2").write_bytes(TEXT)
    ZstdCompressor().compress(str(tmp_path / "post.css"))
    return StaticFilesMiddleware(lambda request: HttpResponse(status=404))


def get(serve: StaticFilesMiddleware, name: str = "post.css", **headers: str) -> Any:
    names = {header.replace("_", "-"): value for header, value in headers.items()}
    return serve(RequestFactory().get(f"/static/{name}", headers=names))


@pytest.mark.parametrize(
    ("accept_encoding", "encoding"),
    [
        ("gzip", "gzip"),
        ("gzip, br;q=0", "gzip"),
        ("br;q=0.5, gzip;q=0.9", "gzip"),
        ("gzip, br;q=0.5, zstd;q=0.9", "gzip"),
        ("gzip;q=0.2, zstd;q=0.9", "zstd"),
        ("gzip;q=0, zstd", "zstd"),
        ("gzip;q=0", ""),
        ("gzip;q=0, *;q=0", ""),
        ("gzip;q=0.5, identity", ""),
        ("x-gzip-like", ""),
        ("", ""),
    ],
)
def test_the_client_gets_an_encoding_it_accepts(
    serve: StaticFilesMiddleware, accept_encoding: str, encoding: str
) -> None:
    response = get(serve, accept_encoding=accept_encoding)
    assert response.get("Content-Encoding", "") == encoding
    body = b"".join(response)
    assert int(response["Content-Length"]) == len(body)
    decode = {"zstd": zstandard.decompress, "br": brotli.decompress, "gzip": gzip.decompress}
    assert (decode[encoding](body) if encoding else body) == TEXT
    assert response["Vary"] == "Accept-Encoding"


def test_a_browser_gets_the_smallest_file(serve: StaticFilesMiddleware, tmp_path: Path) -> None:
    sizes = [(tmp_path / f"post.css{extension}").stat().st_size for extension in (".zst", ".br", ".gz")]
    response = get(serve, accept_encoding="gzip, deflate, br, zstd")
    assert int(response["Content-Length"]) == min(sizes) < len(TEXT) / 10


def test_files_without_compressed_copies_are_served_as_they_are(serve: StaticFilesMiddleware) -> None:
    response = get(serve, "letters.woff2", accept_encoding="gzip, br, zstd")
    assert "Content-Encoding" not in response
    assert b"".join(response) == TEXT


@pytest.mark.parametrize("name", ["post.css.zst", "post.css.br", "post.css.gz"])
def test_compressed_copies_have_no_url(serve: StaticFilesMiddleware, name: str) -> None:
    assert get(serve, name).status_code == 404


def test_other_sites_may_not_read_static_files(serve: StaticFilesMiddleware) -> None:
    assert "Access-Control-Allow-Origin" not in get(serve)


def test_an_unchanged_file_is_not_sent_again_in_any_encoding(serve: StaticFilesMiddleware) -> None:
    etag = get(serve, accept_encoding="br")["ETag"]
    assert etag.startswith('W/"')
    assert get(serve, accept_encoding="gzip", if_none_match=etag).status_code == 304


def test_hashed_files_are_immutable(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.STATIC_ROOT = tmp_path
    storage = BundlingStorage(tmp_path, "/static/")
    storage.save("plain.css", ContentFile(TEXT))
    monkeypatch.setattr("ptcomplete.staticfiles_storage.BUNDLES", ())
    list(storage.post_process({"plain.css": (storage, "plain.css")}))
    monkeypatch.setattr("whitenoise.middleware.staticfiles_storage", storage)
    response = get(StaticFilesMiddleware(lambda request: HttpResponse(status=404)), storage.hashed_files["plain.css"])
    assert "immutable" in response["Cache-Control"]


def test_files_of_a_release_that_is_being_installed_are_served(serve: StaticFilesMiddleware, tmp_path: Path) -> None:
    assert get(serve, "new.0123456789ab.css").status_code == 404
    (tmp_path / "new.0123456789ab.css").write_bytes(TEXT)
    ZstdCompressor().compress(str(tmp_path / "new.0123456789ab.css"))
    response = get(serve, "new.0123456789ab.css", accept_encoding="zstd")
    assert (response.status_code, response["Content-Encoding"]) == (200, "zstd")
    assert response["Content-Type"].startswith("text/css")
    assert get(serve, "new.0123456789ab.css.br").status_code == 404


def test_only_hashed_names_below_the_folder_are_looked_for(serve: StaticFilesMiddleware, tmp_path: Path) -> None:
    (tmp_path / "new.css").write_bytes(TEXT)
    (tmp_path.parent / "secret.0123456789ab.txt").write_bytes(TEXT)
    for name in (
        "new.css",
        "../secret.0123456789ab.txt",
        "a/../../secret.0123456789ab.txt",
        "//etc/a.0123456789ab.txt",
    ):
        assert get(serve, name).status_code == 404
