"""Measure the CPU time of the reports in the admin after a year with many views, on SQLite or PostgreSQL.

    python -m benchmarks.analytics [--views 10000] [--pages 300] [--postgres]

Creates the rows that a year of page views leaves behind: counts by page and day, referrers, outbound clicks, searches
and Core Web Vitals. Prints the rows and bytes per view, then the CPU time and queries of each report. CPU time is that
of this process, and on PostgreSQL that of the server too.
"""

import argparse
import os
import random
import statistics
import tempfile
import time
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.cpu import cpu_seconds
from benchmarks.scratch import make_environment, run_postgres

DAYS = 365
ROUNDS = 5


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--views", type=int, default=10_000, help="per day")
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--postgres", action="store_true", help="use a temporary PostgreSQL server")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ptcomplete-benchmark-")))
        url, pid = stack.enter_context(run_postgres()) if arguments.postgres else ("", None)
        os.environ |= make_environment(folder, url)
        measure(arguments.views, arguments.pages, [pid] if pid else [], folder)


def measure(views: int, pages: int, pids: list[int], folder: Path) -> None:
    """Fill a database and print what each report costs."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    call_command("migrate", verbosity=0)
    empty = database_bytes(folder)
    rows = fill(views, pages)
    total = views * DAYS
    grown = database_bytes(folder) - empty
    bytes_per_view = f", {grown / total:.2f} bytes per view" if grown else ""
    print(
        f"{total:,} views of {pages} pages in {DAYS} days: {rows:,} rows, {rows / total:.3f} per view{bytes_per_view}\n"
    )
    client = sign_in(Client())
    post = f"post/{first_post()}/"
    print("| report | queries | CPU ms (median) | bytes |\n| --- | --- | --- | --- |")
    paths = [f"analytics/{name}" for name in ("", "?days=7", "visits/", "searches/", "speed/", "results/", post)]
    for path in (*paths, "analytics/search-console/", ""):
        times = []
        for _ in range(ROUNDS + 1):
            started = time.process_time() + cpu_seconds(pids)
            with CaptureQueriesContext(connection) as captured:
                response = client.get(f"/admin/{path}")
            times.append(time.process_time() + cpu_seconds(pids) - started)
        assert response.status_code == 200, (path, response.status_code)
        size = len(response.content)
        print(f"| /admin/{path} | {len(captured)} | {1000 * statistics.median(times[1:]):.0f} | {size:,} |")
    measure_weekly_email()


def measure_weekly_email() -> None:
    """Print what building the email of a week costs."""
    from accounts.models import User
    from analytics.weekly import build_message

    started = time.process_time()
    build_message(User.objects.get(), date.today())
    print(f"| weekly email | | {1000 * (time.process_time() - started):.0f} | |")


def database_bytes(folder: Path) -> int:
    """Return the size of the SQLite database; 0 on PostgreSQL."""
    file = folder / "db.sqlite3"
    if not file.exists():
        return 0
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return file.stat().st_size


def sign_in(client: Any) -> Any:
    """Return a client of an owner."""
    from accounts.models import User

    user = User.objects.create_superuser("owner@example.com", "a long password for benchmarks")
    client.force_login(user, backend="accounts.backends.RoleBackend")
    return client


def first_post() -> int:
    """Return the primary key of a post."""
    from blog.models import Post

    pk: int = Post.objects.order_by("pk").values_list("pk", flat=True)[0]
    return pk


def fill(views: int, pages: int) -> int:
    """Create the rows of a year and return their number."""
    from django.utils import timezone

    from analytics.models import CountedPage, HostCount, PageCount, SearchCount, VitalCount
    from benchmarks import posts

    generator = random.Random(5)  # noqa: S311
    posts.create_posts(pages)
    from blog.models import Post

    site = CountedPage.objects.create(path="", kind="")
    counted = [
        CountedPage.objects.create(path=f"/{slug}/", kind="post", document_id=pk)
        for pk, slug in Post.objects.order_by("pk").values_list("pk", "slug")[:pages]
    ]
    weights = [1 / (number + 5) for number in range(len(counted))]
    hosts = [f"site{number}.example" for number in range(40)]
    today = timezone.localdate()
    for day in (today - timedelta(days=number) for number in range(1, DAYS + 1)):
        numbers = _spread(views, weights, generator)
        rows = [
            PageCount(page=page, day=day, views=n, visitors=n, entries=n // 2, phones=n)
            for page, n in zip(counted, numbers, strict=True)
            if n
        ]
        rows.append(PageCount(page=site, day=day, views=views, visitors=views // 2, entries=views // 2, phones=views))
        PageCount.objects.bulk_create(rows, batch_size=1000)
        HostCount.objects.bulk_create(
            [
                HostCount(page=page, day=day, host=host, is_outbound=is_outbound, count=1 + n // 10)
                for page, n in zip(counted, numbers, strict=True)
                for is_outbound in (False, True)
                for host in generator.sample(hosts, min(20, n // 10))
            ],
            batch_size=1000,
        )
        _fill_others(day, generator)
    models: list[Any] = [PageCount, HostCount, SearchCount, VitalCount]
    return sum(model.objects.count() for model in models)


def _fill_others(day: date, generator: random.Random) -> None:
    """Create the searches and Core Web Vitals of a day."""
    from analytics.models import SearchCount, VitalCount

    words = generator.sample(range(2000), 100)
    SearchCount.objects.bulk_create(
        [SearchCount(words=f"words {n}", day=day, count=2, without_results=n % 2) for n in words]
    )
    VitalCount.objects.bulk_create(
        [
            VitalCount(kind=kind, metric=metric, bucket=bucket, day=day, count=9)
            for kind in ("post", "page", "home", "list", "shop", "search")
            for metric in ("LCP", "INP", "CLS")
            for bucket in range(50, 80)
        ]
    )


def _spread(views: int, weights: list[float], generator: random.Random) -> list[int]:
    numbers = [0] * len(weights)
    for index in generator.choices(range(len(weights)), weights, k=views):
        numbers[index] += 1
    return numbers


if __name__ == "__main__":
    main()
