"""Measure queries and CPU time of the admin with many posts and many images.

    python -m benchmarks.admin [--posts 10000] [--images 5000]

Creates a database with the demo and measures it, then adds that many posts and images and measures again. CPU time is
that of this process for one request, the median of 9 after 2 warm-ups.
"""

import argparse
import statistics
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from benchmarks.scratch import count_queries, demo_site

if TYPE_CHECKING:
    from django.test import Client

WARM_UPS = 2
REQUESTS = 9


def main() -> None:
    """Print a table for the demo and one for many posts and images."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=10_000)
    parser.add_argument("--images", type=int, default=5_000)
    arguments = parser.parse_args()
    with demo_site():
        measure(arguments.posts, arguments.images)


def measure(posts: int, images: int) -> None:
    """Measure with the demo, then with `posts` and `images` more."""
    from django.core.management import call_command

    print_table()
    call_command("seed_demo", posts=posts, verbosity=0)
    create_images(images)
    print_table()


def create_images(count: int) -> None:
    """Add `count` images that share one file to the library, over ten years, and show most of them in posts."""
    from django.utils import timezone

    from blog.models import Post
    from images.models import Image
    from richtext import references

    original = Image.objects.earliest("pk")
    step = timedelta(days=3650) / count
    images = [
        Image(
            file=original.file.name,
            width=original.width,
            height=original.height,
            title=f"Image {number}",
            alt="A knee on a step" if number % 5 else "",
            last_used_at=timezone.now() - step * number,
        )
        for number in range(count)
    ]
    Image.objects.bulk_create(images, batch_size=500)
    for number, image in enumerate(images):
        image.created_at = timezone.now() - step * number
    Image.objects.bulk_update(images, ["created_at"], batch_size=500)
    # Ten consecutive posts have the same featured image, and every post shows another image in its text.
    posts = list(Post.objects.order_by("pk"))
    for number, post in enumerate(posts):
        post.featured_image = images[number // 10 % count]
        post.body += f'<figure><img data-image="{images[number * 7 % count].pk}"></figure>'
    Post.objects.bulk_update(posts, ["featured_image", "body"], batch_size=500)
    references.sync(posts)


def print_table() -> None:
    """Print a row for each page of the admin."""
    from django.test import Client

    from accounts.models import User
    from blog.models import Post
    from images.models import Image

    client = Client()
    client.force_login(User.objects.filter(is_superuser=True).first() or User.objects.create_superuser("o@example.com"))
    print(f"\n{Post.objects.count()} posts, {Image.objects.count()} images\n")
    print("| page | queries | CPU ms |\n| --- | --- | --- |")
    for name, url in page_urls().items():
        print_row(client, name, url)


def page_urls() -> dict[str, str]:
    """Return the URLs to measure by name."""
    from blog.models import Post
    from images.models import Image
    from siteinfo.urls import admin_url

    return {
        "post list": "/admin/blog/post/",
        "post list, search": "/admin/blog/post/?q=knee",
        "post form": admin_url(Post.objects.latest("pk")),
        "library": "/admin/images/image/",
        "library, last page": f"/admin/images/image/?p={(Image.objects.count() + 47) // 48}",
        "library, search": "/admin/images/image/?q=step",
        "library, unused": "/admin/images/image/?show=unused",
        "image": admin_url(Image.objects.latest("pk")),
        "image picker": "/admin/images/image/pick/",
        "image picker, search": "/admin/images/image/pick/?q=step",
    }


def print_row(client: "Client", name: str, url: str) -> None:
    """Print the number of queries and the CPU milliseconds of a page."""
    with count_queries() as queries:
        status = client.get(url).status_code
    assert status == 200, f"{url} has status {status}"
    times = []
    for _ in range(WARM_UPS + REQUESTS):
        start = time.process_time()
        client.get(url)
        times.append(time.process_time() - start)
    print(f"| {name} | {len(queries)} | {statistics.median(times[WARM_UPS:]) * 1000:.0f} |")


if __name__ == "__main__":
    main()
