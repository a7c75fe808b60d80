"""Measure queries, CPU time and size of every kind of public page, with few posts and with many.

    python -m benchmarks.pages [--posts 10000] [--categories 60]

Creates a database with the demo and measures it, then adds that many posts, then that many categories with every post
in three of them. CPU time is that of this process for one request of Django's test client, the median of 15 after 3
warm-ups: for a page that is rendered, and for one from the page cache.
"""

import argparse
import gzip
import statistics
import time
from typing import TYPE_CHECKING

from benchmarks.scratch import count_queries, demo_site

if TYPE_CHECKING:
    from django.test import Client

WARM_UPS = 3
REQUESTS = 15


def main() -> None:
    """Print a table for each amount of content."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=10_000)
    parser.add_argument("--categories", type=int, default=60)
    arguments = parser.parse_args()
    with demo_site():
        measure(arguments.posts, arguments.categories)


def measure(posts: int, categories: int) -> None:
    """Measure with the demo, then with `posts` more, then with `categories`."""
    from django.core.management import call_command

    print_table()
    call_command("seed_demo", posts=posts, verbosity=0)
    print_table()
    create_categories(categories)
    print_table()


def create_categories(total: int) -> None:
    """Create categories until there are `total`, two thirds of them subcategories, and add each post to two."""
    from blog.models import Category, Post

    top_level = list(Category.objects.filter(parent=None))
    created = [
        Category.objects.create(
            name=f"Category {number}", parent=top_level[number % len(top_level)] if number % 3 else None
        )
        for number in range(total - Category.objects.count())
    ]
    through = Post.categories.through
    rows = (
        through(post_id=post_pk, category=created[(post_pk * 7 + number) % len(created)])
        for post_pk in Post.objects.values_list("pk", flat=True)
        for number in range(2)
    )
    through.objects.bulk_create(rows, batch_size=1000)


def print_table() -> None:
    """Print a row for each kind of page."""
    from django.test import Client

    from blog.models import Category, Post

    client = Client()
    print(f"\n{Post.objects.count()} posts, {Category.objects.count()} categories\n")
    print("| page | queries | CPU ms rendered | CPU ms cached | HTML kB, gzipped |\n| --- | --- | --- | --- | --- |")
    for name, url in page_urls().items():
        print_row(client, name, url)


def page_urls() -> dict[str, str]:
    """Return the URLs to measure by name."""
    from blog.models import Post

    newest = Post.objects.published().newest_first()[0]
    last_page = (Post.objects.published().count() + 9) // 10
    return {
        "home": "/",
        "list": "/blog/",
        "list, last page": f"/blog/?page={last_page}",
        "post": "/sore-shins-on-the-stairs/",
        "newest post": newest.get_absolute_url(),
        "category": "/category/i-am-in-pain/",
        "tag": newest.tags.all()[0].get_absolute_url(),
        "author": newest.author.get_absolute_url(),
        "year": f"/{newest.published_at:%Y}/",
        "month": f"/{newest.published_at:%Y/%m}/",
        "feed": "/feed/",
        "sitemap": "/sitemap.xml",
        "sitemap of posts": "/sitemap-posts.xml",
        "not found": "/nothing-here/",
    }


def print_row(client: "Client", name: str, url: str) -> None:
    """Print the number of queries, the CPU milliseconds and the size of a page."""
    from django.core.cache import cache

    cache.clear()
    with count_queries() as queries:
        body = client.get(url).content
    rendered = measure_milliseconds(client, url, is_cached=False)
    cached = measure_milliseconds(client, url, is_cached=True)
    kilobytes = len(gzip.compress(body)) / 1000
    print(f"| {name} | {len(queries)} | {rendered:.0f} | {cached:.1f} | {kilobytes:.1f} |")


def measure_milliseconds(client: "Client", url: str, *, is_cached: bool) -> float:
    """Return the median CPU milliseconds of a request."""
    from django.core.cache import cache

    times = []
    for _ in range(WARM_UPS + REQUESTS):
        if not is_cached:
            cache.clear()
        start = time.process_time()
        client.get(url, headers={"Accept-Encoding": "gzip"})
        times.append(time.process_time() - start)
    return statistics.median(times[WARM_UPS:]) * 1000


if __name__ == "__main__":
    main()
