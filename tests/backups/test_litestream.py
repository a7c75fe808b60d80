"""The configuration of Litestream in the documentation replicates to a bucket, and a restore has every row."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.conf import settings
from moto.server import ThreadedMotoServer

LITESTREAM = shutil.which("litestream", path=sysconfig.get_path("scripts"))
BUCKET = "clinic-litestream"
KEYS = {"LITESTREAM_ACCESS_KEY_ID": "key", "LITESTREAM_SECRET_ACCESS_KEY": "secret"}
# Commits until it is killed, and prints what is committed. Without a pause between commits, a busy machine leaves
# Litestream no moment to take the lock it needs for its own table.
WRITER = """
import sqlite3, sys, time
site = sqlite3.connect(sys.argv[1], timeout=20, isolation_level=None)
for number in range(10**9):
    site.execute("INSERT INTO post (id) VALUES (?)", [number])
    print(number, flush=True)
    time.sleep(0.002)
"""

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not LITESTREAM, reason="Litestream has no build for this machine")]


def _s3(url: str) -> Any:
    return boto3.client(
        "s3", endpoint_url=url, aws_access_key_id="key", aws_secret_access_key="secret", region_name="us-east-1"
    )


def _uploads(url: str) -> int:
    """Count the transaction files that were uploaded. Level 0 holds one for each synchronization."""
    return _s3(url).list_objects_v2(Bucket=BUCKET, Prefix="db/0000/")["KeyCount"]


def _wait_until(condition: Callable[[], bool], seconds: int = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not reached in {seconds} seconds"
        time.sleep(0.2)


@pytest.fixture
def s3_url() -> Iterator[str]:
    """Start an S3 server with the bucket of the documentation."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    _s3(url).create_bucket(Bucket=BUCKET)
    yield url
    server.stop()


def test_every_replicated_row_survives_the_loss_of_the_machine(tmp_path: Path, s3_url: str) -> None:
    text = (settings.BASE_DIR / "docs/operations/backup.md").read_text()
    database = tmp_path / "db.sqlite3"
    config = tmp_path / "litestream.yml"
    config.write_text(
        text.split("```yaml\n")[1]
        .split("```")[0]
        .replace("/srv/clinic/data/db.sqlite3", str(database))
        .replace("https://s3.example.com", s3_url)
        .replace("eu-central-1", "us-east-1")
    )
    with closing(sqlite3.connect(database)) as site:
        site.execute("PRAGMA journal_mode=WAL")
        site.execute("CREATE TABLE post (id integer PRIMARY KEY)")
        site.commit()
    # Litestream refuses to start with this variable, and a local server without TLS needs no certificates.
    environment = {name: value for name, value in os.environ.items() if name != "AWS_CA_BUNDLE"} | KEYS
    assert LITESTREAM
    replicate = subprocess.Popen([LITESTREAM, "replicate", "-config", str(config)], env=environment)
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(database)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout
    acknowledged = [int(writer.stdout.readline()) for _ in range(500)]
    # The first upload that ends after this may have started before the last of the rows; the second did not.
    uploaded = _uploads(s3_url)
    _wait_until(lambda: _uploads(s3_url) >= uploaded + 2)
    for process in (replicate, writer):
        process.send_signal(signal.SIGKILL)
        process.wait()
    writer.stdout.close()
    for path in tmp_path.glob("*db.sqlite3*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    subprocess.run([LITESTREAM, "restore", "-config", str(config), str(database)], env=environment, check=True)

    with closing(sqlite3.connect(database)) as restored:
        assert restored.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        rows = [number for (number,) in restored.execute("SELECT id FROM post ORDER BY id")]
    assert rows[:500] == acknowledged
    assert rows == list(range(len(rows)))
