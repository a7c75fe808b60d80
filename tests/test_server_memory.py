"""Threads of the server give back the memory that they needed to compress a page."""

import os
import platform
import subprocess
import sys
import threading
from pathlib import Path
from random import Random

import pytest
from django.conf import settings

from pagecache.compression import compress
from ptcomplete.server import server_environment

THREADS = 16
MAX_MEGABYTES = 20


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="Other allocators have other settings.")
def test_compressing_pages_in_many_threads_leaves_little_memory_behind() -> None:
    environment = server_environment() | {"PYTHONPATH": str(settings.BASE_DIR)}
    command = [sys.executable, "-m", "tests.test_server_memory"]
    found = subprocess.run(command, env=environment, cwd=settings.BASE_DIR, check=True, capture_output=True, text=True)
    assert float(found.stdout) < MAX_MEGABYTES


def test_settings_of_the_allocator_can_be_overridden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MALLOC_ARENA_MAX", "4")
    assert server_environment()["MALLOC_ARENA_MAX"] == "4"


def _resident_megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


def _write_growth() -> None:
    """Compress pages in threads, and write by how many megabytes the process has grown while they wait."""
    generator = Random(1)  # noqa: S311 - the same text in every run
    words = ["".join(generator.choices("abcdefghijklmnop", k=generator.randint(2, 9))) for _ in range(2000)]
    pages = [" ".join(generator.choices(words, k=9000)).encode() for _ in range(3)]
    before = _resident_megabytes()
    have_compressed, may_end = threading.Barrier(THREADS + 1), threading.Event()

    def work() -> None:
        for page in pages:
            for encoding in ("zstd", "br", "gzip"):
                compress(page, encoding)
        have_compressed.wait()
        may_end.wait()

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    have_compressed.wait()
    sys.stdout.write(str(_resident_megabytes() - before))
    may_end.set()


if __name__ == "__main__":
    _write_growth()
