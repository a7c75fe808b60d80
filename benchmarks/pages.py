"""Queries, CPU time and size of every kind of public page, with few posts and with many.

    python -m benchmarks.pages [--posts 10000] [--categories 60]

Makes a database of its own in a temporary folder: the demo, measured; then that many posts more, measured again;
then that many categories with every post in three of them, measured once more.
CPU time is that of this process for one request through Django's test client, median of 15 after 3 to warm up:
for a page that has to be made and kept, and for one that is kept already.
"""

import argparse
import gzip
import statistics
import time
from typing import Any

from benchmarks.scratch import demo_site


def main() -> None:
    """Print a table for each amount of posts."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--posts", type=int, default=10_000)
    arguments.add_argument("--categories", type=int, default=60)
    amounts = arguments.parse_args()
    with demo_site():
        measure(amounts.posts, amounts.categories)


def measure(posts: int, categories: int) -> None:
    """Measure with the demo alone, then with `posts` more, then with `categories`."""
    from django.core.management import call_command

    table()
    call_command("seed_demo", posts=posts, verbosity=0)
    table()
    spread(categories)
    table()


def spread(categories: int) -> None:
    """Make as many categories as are missing, two thirds of them below others, and put each post in two of them."""
    from blog.models import Category, Post

    main = list(Category.objects.filter(parent=None))
    new = [
        Category.objects.create(name=f"Topic {number}", parent=main[number % len(main)] if number % 3 else None)
        for number in range(categories - Category.objects.count())
    ]
    places = Post.categories.through
    rows = (
        places(post_id=post, category=new[(post * 7 + number) % len(new)])
        for post in Post.objects.values_list("pk", flat=True)
        for number in range(2)
    )
    places.objects.bulk_create(rows, batch_size=1000)


def table() -> None:
    """Print a row for each kind of page."""
    from django.core.cache import cache
    from django.db import connection
    from django.test import Client

    from blog.models import Category, Post

    newest = Post.objects.published().newest_first().first()
    assert newest is not None
    assert newest.published_at is not None
    addresses = {
        "home": "/",
        "list": "/blog/",
        "list, last page": f"/blog/?page={(Post.objects.published().count() + 9) // 10}",
        "post": "/sore-shins-on-the-stairs/",
        "newest post": newest.get_absolute_url(),
        "category": "/category/i-am-in-pain/",
        "tag": f"/tag/{newest.tags.first().slug}/",
        "author": newest.author.get_absolute_url(),
        "year": f"/{newest.published_at:%Y}/",
        "month": f"/{newest.published_at:%Y/%m}/",
        "feed": "/feed/",
        "sitemap": "/sitemap.xml",
        "sitemap of posts": "/sitemap-posts.xml",
        "not found": "/nothing-here/",
    }
    client = Client()
    print(f"\n{Post.objects.count()} posts, {Category.objects.count()} categories\n")

    def milliseconds(address: str, *, is_made: bool) -> float:
        times = []
        for _ in range(18):
            if is_made:
                cache.clear()
            start = time.process_time()
            client.get(address, headers={"Accept-Encoding": "gzip"})
            times.append(time.process_time() - start)
        return statistics.median(times[3:]) * 1000

    print(
        "| page | queries | CPU ms to make it | CPU ms when kept | HTML kB, gzipped |\n| --- | --- | --- | --- | --- |"
    )
    for name, address in addresses.items():
        queries: list[str] = []

        def counting(execute: Any, sql: str, *rest: Any, seen: list[str] = queries) -> Any:
            seen.append(sql)
            return execute(sql, *rest)

        cache.clear()
        with connection.execute_wrapper(counting):
            body = client.get(address).content
        made, kept = milliseconds(address, is_made=True), milliseconds(address, is_made=False)
        size = len(gzip.compress(body)) / 1000
        print(f"| {name} | {len(queries)} | {made:.0f} | {kept:.1f} | {size:.1f} |")


if __name__ == "__main__":
    main()
