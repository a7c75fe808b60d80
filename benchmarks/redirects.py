"""What redirects cost: queries and CPU time of a page, of a redirect and of a 404, with few redirects and with many.

    python -m benchmarks.redirects [--redirects 10000]

On a database of its own with the demo. CPU time is that of this process for one request through Django's test
client, median of 45 after 5 to warm up.
"""

import argparse
import statistics
import time
from typing import Any

from benchmarks.scratch import demo_site


def main() -> None:
    """Print a table with 10 redirects and one with many."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--redirects", type=int, default=10_000)
    most = arguments.parse_args().redirects
    with demo_site():
        for number in (10, most):
            fill(number)
            table()


def fill(number: int) -> None:
    """Make redirects until there are `number`, one pattern among them."""
    from redirects import services
    from redirects.models import Redirect

    rows = [Redirect(old_path="/old-topic/*")]
    rows[0].set_target("/blog/")
    for index in range(1, number):
        row = Redirect(old_path=f"/old-post-{index}")
        row.set_target(f"/new-post-{index}/")
        rows.append(row)
    services.save_redirects(rows)


def table() -> None:
    """Print a row for each kind of request."""
    from django.core.cache import cache
    from django.db import connection
    from django.test import Client

    from redirects.models import Redirect

    client = Client()
    print(
        f"\n{Redirect.objects.count()} redirects\n\n| request | status | queries | CPU ms |\n| --- | --- | --- | --- |"
    )
    for name, address in {
        "post": "/sore-shins-on-the-stairs/",
        "redirect": "/old-post-7/",
        "pattern": "/old-topic/a/b/",
        "not found": "/nothing-here/",
    }.items():
        queries: list[str] = []

        def counting(execute: Any, sql: str, *rest: Any, seen: list[str] = queries) -> Any:
            seen.append(sql)
            return execute(sql, *rest)

        client.get(address)
        cache.clear()
        with connection.execute_wrapper(counting):
            status = client.get(address).status_code
        times = []
        for _ in range(50):
            cache.clear()  # so that a page is made each time
            start = time.process_time()
            client.get(address)
            times.append(time.process_time() - start)
        print(f"| {name} | {status} | {len(queries)} | {statistics.median(times[5:]) * 1000:.1f} |")


if __name__ == "__main__":
    main()
