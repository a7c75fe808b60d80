"""Measure the site through its real server, beside a bare Django view and nginx, and write docs/performance.md.

    python -m benchmarks.site [--posts 1000 10000] [--databases sqlite postgresql] [--rounds 3] [--seconds 2]
        [--pages home post] [--output docs/performance.md] [--wxr FILE...] [--peer URL --peer-pids 1,2]

Each database is new, filled by benchmarks.posts and served by Granian with two workers. A peer is another site
on this machine, such as a WordPress with the same posts: its pages are measured in the same rounds. CPU time is that
of the processes that serve, with their children, and not that of the client.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

from benchmarks import cpu, peer, report
from benchmarks.load_client import Page, fetch
from benchmarks.measure import Row, Target, measure_target, medians
from benchmarks.scratch import make_environment, run_postgres
from benchmarks.server import Server, find_nginx, free_port, run_granian, run_nginx

ENCODINGS = ("gzip", "br", "zstd")
STATUSES = {"404": 404, "redirect": 301, "affiliate link": 302}
# Answers that are never stored, so they are measured once.
UNCACHEABLE = {"redirect", "affiliate link"}


def main() -> None:
    """Measure and write the report."""
    arguments = parse_arguments()
    rows: list[Row] = []
    calibrations = [cpu.calibrate()]
    databases: list[str] = []
    text = ""
    with tempfile.TemporaryDirectory(prefix="ptcomplete-benchmark-") as name:
        folder = Path(name)
        collect_static(folder)
        for posts in arguments.posts:
            for kind in arguments.databases:
                with run_targets(arguments, folder, kind, posts) as (version, targets):
                    rows += measure_rounds(arguments, kind, posts, targets, calibrations)
                databases.append(version)
                text = report.render(rows, calibrations, list(dict.fromkeys(databases)), arguments)
                # Written after each site, so that an interrupted run leaves the figures of those before.
                if arguments.output:
                    arguments.output.write_text(text)
    print(f"Wrote {arguments.output}." if arguments.output else text)


def parse_arguments() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, nargs="+", default=[1_000], metavar="N")
    parser.add_argument(
        "--databases", nargs="+", choices=("sqlite", "postgresql"), default=["sqlite", "postgresql"], metavar="KIND"
    )
    parser.add_argument("--rounds", type=int, default=1, help="figures are the median of this many rounds")
    parser.add_argument("--seconds", type=int, default=2, help="how long each row takes in each round")
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--pages", nargs="+", default=[], metavar="NAME", help="measure only these pages")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the report there instead of printing it")
    parser.add_argument("--wxr", nargs="+", default=[], metavar="FILE", help="import this instead of the demo")
    parser.add_argument("--peer", default="", metavar="URL")
    parser.add_argument("--peer-pids", default="", metavar="PID,PID", help="processes of the peer, with its database")
    parser.add_argument("--peer-paths", nargs="+", default=[], metavar="NAME=PATH", help="pages of the peer to measure")
    return parser.parse_args()


def collect_static(folder: Path) -> None:
    """Collect static files into a folder that all sites of this run share."""
    environment = os.environ | make_environment(folder) | {"DJANGO_SETTINGS_MODULE": "benchmarks.static_settings"}
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0"]
    subprocess.run(command, check=True, env=environment)


@contextmanager
def run_targets(
    arguments: argparse.Namespace, folder: Path, kind: str, posts: int
) -> Iterator[tuple[str, list[Target]]]:
    """Create a site of `posts` posts and serve it. Yield the database's name and version, and what to measure."""
    with ExitStack() as stack:
        port = free_port()
        database_url, database_pids = stack.enter_context(create_database(folder, kind))
        environment = make_environment(folder, database_url, f"http://127.0.0.1:{port}")
        print(f"Creating {posts} posts on {kind} ...", file=sys.stderr)
        paths = fill(environment, posts, arguments.wxr)
        print(f"Created in {paths['seconds']:.0f} s.", file=sys.stderr)
        log = stack.enter_context((folder / "server.log").open("w+"))
        stack.callback(show_errors, log)
        application = "ptcomplete.wsgi:application"
        site = stack.enter_context(run_granian("PT Complete", application, environment, log, port, database_pids))
        bare_application = "benchmarks.bare_view:application"
        bare = stack.enter_context(run_granian("bare Django view", bare_application, {}, log, free_port()))
        targets = [Target(bare, [Page("bare view", "/")]), Target(site, site_pages(paths, arguments.pages))]
        if find_nginx():
            nginx = stack.enter_context(run_nginx(folder / "nginx", site, log))
            targets.append(Target(nginx, nginx_pages(folder / "nginx", site, paths, arguments.pages)))
        if arguments.peer:
            targets.append(peer.make_target(arguments.peer, arguments.peer_pids, arguments.peer_paths))
        yield paths["database"], targets


def show_errors(log: IO[str]) -> None:
    """Print the end of what the servers logged: errors only."""
    log.seek(0)
    print(log.read()[-4000:], file=sys.stderr, end="")


def measure_rounds(
    arguments: argparse.Namespace, kind: str, posts: int, targets: list[Target], calibrations: list[float]
) -> list[Row]:
    """Measure all targets in each round, and the bare view before and after each target. Return the medians."""
    bare, *others = targets
    rows: list[Row] = []
    for number in range(arguments.rounds):
        print(f"Round {number + 1} of {arguments.rounds} ...", file=sys.stderr)
        for target in (bare, *(each for other in others for each in (other, bare))):
            rows += measure_target(target, kind, posts, arguments.seconds, arguments.connections)
        calibrations.append(cpu.calibrate())
    return medians(rows)


@contextmanager
def create_database(folder: Path, kind: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the URL of a new database and the processes that serve it."""
    if kind == "postgresql":
        with run_postgres() as (url, pid):
            yield url, (pid,)
    else:
        with tempfile.TemporaryDirectory(dir=folder) as name:
            yield f"sqlite:///{name}/db.sqlite3", ()


def fill(environment: dict[str, str], posts: int, wxr: list[str]) -> dict[str, Any]:
    """Fill the database and return the paths to measure."""
    command = [sys.executable, "-m", "benchmarks.posts", str(posts), *(["--wxr", *wxr] if wxr else [])]
    output = subprocess.run(command, check=True, env=os.environ | environment, stdout=subprocess.PIPE, text=True).stdout
    paths: dict[str, Any] = json.loads(output.splitlines()[-1])
    return paths


def site_pages(paths: dict[str, Any], names: list[str]) -> list[Page]:
    """Return the pages to measure: each uncached, and public pages as visitors get them in each encoding."""
    public = {name: path for name, path in paths["public"].items() if not names or name in names}
    admin = {name: path for name, path in paths["admin"].items() if not names or name in names}
    pages = [
        Page(name, path, STATUSES.get(name, 200), is_uncached=name not in UNCACHEABLE) for name, path in public.items()
    ]
    pages += [Page(name, path, cookie=paths["cookie"]) for name, path in admin.items()]
    for encoding in ENCODINGS:
        pages += [
            Page(name, path, STATUSES.get(name, 200), encoding=encoding)
            for name, path in public.items()
            if name not in UNCACHEABLE
        ]
    return pages


def nginx_pages(folder: Path, site: Server, paths: dict[str, Any], names: list[str]) -> list[Page]:
    """Return the pages to measure through nginx, after saving the home page as the static file."""
    _, body = fetch(site.host, site.port, Page("home", "/"))
    (folder / "static-file.html.gz").write_bytes(body)
    cached = [
        Page(name, path, STATUSES.get(name, 200))
        for name, path in paths["public"].items()
        if name not in UNCACHEABLE and (not names or name in names)
    ]
    return [Page("static file", "/static-file.html"), *cached]


if __name__ == "__main__":
    main()
