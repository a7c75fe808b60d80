"""What a click on a paid link costs, and whether every one is counted when many come at once.

    python -m benchmarks.clicks [--links 500] [--clicks 10000] [--threads 8] [--database URL]

On a database of its own: a new SQLite file, or the PostgreSQL server at URL, whose database must be empty. CPU time is
that of this process for one request through Django's test client. The clicks at once come from threads, each with a
connection of its own.
"""

import argparse
import statistics
import time
from threading import Thread
from typing import Any

from benchmarks.scratch import demo_site

BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}


def main() -> None:
    """Print the cost of a click, then how many of those at once were counted."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--links", type=int, default=500)
    arguments.add_argument("--clicks", type=int, default=10_000)
    arguments.add_argument("--threads", type=int, default=8)
    arguments.add_argument("--database", default="")
    amounts = arguments.parse_args()
    with demo_site(amounts.database):
        fill(amounts.links)
        cost()
        crowd(amounts.clicks, amounts.threads)


def fill(number: int) -> None:
    """Make `number` links of a shop."""
    from affiliates.models import Link, Program

    program = Program.objects.create(name="Shop", hosts="benchmark.example.com", tag="me", tag_parameter="ref")
    Link.objects.bulk_create(
        Link(name=f"Link {n}", slug=f"link-{n}", program=program, destination=f"https://benchmark.example.com/{n}")
        for n in range(number)
    )


def cost() -> None:
    """Print queries and CPU time of a click."""
    from django.db import connection
    from django.test import Client

    from blog.models import Post

    client = Client()
    headers = BROWSER | {"Referer": f"http://testserver{Post.objects.all()[0].get_absolute_url()}"}
    queries: list[str] = []

    def counting(execute: Any, sql: str, *rest: Any) -> Any:
        queries.append(sql.split()[0])
        return execute(sql, *rest)

    times = []
    for _ in range(520):
        start = time.process_time()
        assert client.get("/go/link-7/", headers=headers).status_code == 302
        times.append((time.process_time() - start) * 1000)
    with connection.execute_wrapper(counting):
        client.get("/go/link-7/", headers=headers)
    percentiles = statistics.quantiles(times[20:], n=100)
    print(f"\none click: {' '.join(queries)}; CPU ms median {percentiles[49]:.2f}, p95 {percentiles[94]:.2f}")


def crowd(clicks: int, threads: int) -> None:
    """Print how many of `clicks` in `threads` at once were counted, and how long they took."""
    from django.db import connection
    from django.test import Client

    from affiliates.models import ClickCount

    def work() -> None:
        client = Client()
        for _ in range(clicks // threads):
            assert client.get("/go/link-9/", headers=BROWSER).status_code == 302
        connection.close()

    running = [Thread(target=work) for _ in range(threads)]
    start = time.monotonic()
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    counted = ClickCount.objects.filter(link__slug="link-9").total()
    seconds = time.monotonic() - start
    print(f"{clicks // threads * threads} clicks in {threads} threads: {counted} counted, {seconds:.0f} s")


if __name__ == "__main__":
    main()
