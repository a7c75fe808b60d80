"""Queries and CPU time of the writing desk with many posts and many pictures.

    python -m benchmarks.desk [--posts 10000] [--pictures 5000]

Makes a database of its own in a temporary folder: the demo with the owner signed in, measured; then that many more,
measured again. CPU time is that of this process for one request, median of 9 after 2 to warm up.
"""

import argparse
import statistics
import time
from datetime import timedelta
from typing import Any

from benchmarks.scratch import demo_site


def main() -> None:
    """Print a table for few and for many."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=10_000)
    parser.add_argument("--pictures", type=int, default=5_000)
    arguments = parser.parse_args()
    with demo_site():
        measure(arguments.posts, arguments.pictures)


def measure(posts: int, pictures: int) -> None:
    """Measure with the demo alone, then with `posts` and `pictures` more."""
    from django.core.management import call_command

    table()
    call_command("seed_demo", posts=posts, verbosity=0)
    fill(pictures)
    table()


def fill(count: int) -> None:
    """Put `count` pictures that share one file into the library, over ten years; most show on a post."""
    from django.contrib.contenttypes.models import ContentType
    from django.utils import timezone

    from blog.models import Post
    from images.models import Image
    from richtext.references import Reference

    pattern = Image.objects.earliest("pk")
    step = timedelta(days=3650) / count
    images = [
        Image(
            file=pattern.file.name,
            width=pattern.width,
            height=pattern.height,
            title=f"Picture {number}",
            alt="A knee on a step" if number % 5 else "",
            last_used_at=timezone.now() - step * number,
        )
        for number in range(count)
    ]
    Image.objects.bulk_create(images, batch_size=500)
    for number, image in enumerate(images):
        image.created_at = timezone.now() - step * number
    Image.objects.bulk_update(images, ["created_at"], batch_size=500)
    # Ten posts in a row show the same picture at their top, every post shows another one in its text.
    featured = list(Post.objects.defer("body", "headings").order_by("pk"))
    for number, post in enumerate(featured):
        post.featured_image = images[number // 10 % count]
    Post.objects.bulk_update(featured, ["featured_image"], batch_size=500)
    types = ContentType.objects.get_for_models(Post, Image)
    used = [
        Reference(source_type=types[Post], source_id=post.pk, field=field, target_type=types[Image], target_id=image.pk)
        for number, post in enumerate(featured)
        for field, image in (("featured_image", post.featured_image), ("body", images[(number * 7) % count]))
        if image is not None
    ]
    Reference.objects.bulk_create(used, batch_size=500)


def table() -> None:
    """Print a row for each page of the desk."""
    from django.db import connection
    from django.test import Client
    from django.urls import reverse

    from accounts.models import User
    from blog.models import Post
    from images.models import Image

    client = Client()
    client.force_login(User.objects.filter(is_superuser=True).first() or User.objects.create_superuser("o@example.com"))
    post, picture = Post.objects.latest("pk"), Image.objects.latest("pk")
    addresses = {
        "post list": "/admin/blog/post/",
        "post list, search": "/admin/blog/post/?q=knee",
        "post form": reverse("admin:blog_post_change", args=[post.pk]),
        "library": "/admin/images/image/",
        "library, last page": f"/admin/images/image/?p={(Image.objects.count() + 47) // 48}",
        "library, search": "/admin/images/image/?q=step",
        "library, not used": "/admin/images/image/?show=unused",
        "picture": reverse("admin:images_image_change", args=[picture.pk]),
        "picker": "/admin/images/image/pick/",
        "picker, search": "/admin/images/image/pick/?q=step",
    }
    print(f"\n{Post.objects.count()} posts, {Image.objects.count()} pictures\n")
    print("| page | queries | CPU ms |\n| --- | --- | --- |")
    for name, address in addresses.items():
        queries: list[str] = []

        def counting(execute: Any, sql: str, *rest: Any, seen: list[str] = queries) -> Any:
            seen.append(sql)
            return execute(sql, *rest)

        with connection.execute_wrapper(counting):
            status = client.get(address).status_code
        assert status == 200, f"{address} answers {status}"
        times = []
        for _ in range(11):
            start = time.process_time()
            client.get(address)
            times.append(time.process_time() - start)
        print(f"| {name} | {len(queries)} | {statistics.median(times[2:]) * 1000:.0f} |")


if __name__ == "__main__":
    main()
