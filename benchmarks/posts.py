"""Fill the database of a benchmark, and print what can be measured there as JSON.

    python -m benchmarks.posts COUNT [--wxr FILE...]

Reads the site's settings from the environment (see benchmarks/scratch.py). COUNT posts take about 2 ms each. With them
come images, redirects, internal links, references and the search index. With FILE, imports a WordPress export instead.
"""

import argparse
import json
import time
from datetime import timedelta
from itertools import batched

SEARCH = "knee pain"
MAX_IMAGES = 5_000
MAX_REDIRECTS = 10_000
BATCH_SIZE = 500


def main() -> None:
    """Fill the database and print the paths and the session of the owner."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int)
    parser.add_argument("--wxr", nargs="+", default=[], metavar="FILE")
    arguments = parser.parse_args()
    import django

    django.setup()
    from django.core.management import call_command

    start = time.perf_counter()
    call_command("migrate", verbosity=0)
    if arguments.wxr:
        call_command("import_wordpress", *arguments.wxr, verbosity=0)
    else:
        call_command("seed_demo", verbosity=0)
    if arguments.count:
        create_images(min(arguments.count // 2, MAX_IMAGES))
        create_posts(arguments.count)
    create_redirects(min(max(arguments.count, 10), MAX_REDIRECTS))
    analyze_database()
    seconds = time.perf_counter() - start
    print(json.dumps(find_paths() | {"cookie": sign_in(), "database": database_version(), "seconds": seconds}))


def create_posts(count: int) -> None:
    """Create posts and index them for search."""
    from blog.demo import load_test
    from blog.models import Post
    from search.indexing import index_documents
    from search.sources import POSTS

    last = Post.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    load_test.create_posts(count)
    pks = Post.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)
    for batch in batched(list(pks), BATCH_SIZE):
        index_documents(POSTS, batch)


def create_images(count: int) -> None:
    """Add `count` images that share one file to the library, over ten years; every fifth has no alternative text."""
    from django.utils import timezone

    from images.models import Image

    original = Image.objects.order_by("pk").first()
    if not original or not count:
        return
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
    Image.objects.bulk_create(images, batch_size=BATCH_SIZE)
    for number, image in enumerate(images):
        image.created_at = timezone.now() - step * number
    Image.objects.bulk_update(images, ["created_at"], batch_size=BATCH_SIZE)


def create_redirects(count: int) -> None:
    """Create `count` redirects, one of them a pattern."""
    from redirects import services
    from redirects.models import Redirect

    rows = [Redirect(old_path="/old-topic/*")]
    rows[0].set_target("/blog/")
    for number in range(1, count):
        row = Redirect(old_path=f"/old-post-{number}")
        row.set_target(f"/new-post-{number}/")
        rows.append(row)
    services.save_redirects(rows)


def analyze_database() -> None:
    """Update the statistics of PostgreSQL's query planner, which a server in production does in time."""
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def find_paths() -> dict[str, dict[str, str]]:
    """Return the paths of public pages and of the admin by name."""
    from django.db.models import Count

    from affiliates.models import Link
    from blog.models import Category, Post
    from siteinfo.urls import admin_url

    posts = list(Post.objects.published().newest_first()[:20])
    category = Category.objects.annotate(total=Count("posts")).latest("total")
    link = Link.objects.order_by("pk").first()
    public = {
        "home": "/",
        "post": posts[-1].get_absolute_url(),
        "category": category.get_absolute_url(),
        "search": f"/search/?q={SEARCH.replace(' ', '+')}",
        "feed": "/feed/",
        "sitemap": "/sitemap-posts.xml",
        "404": "/nothing-here/",
        "redirect": "/old-post-7/",
    }
    if link:
        public["affiliate link"] = f"/go/{link.slug}/"
    admin = {
        "admin list": "/admin/blog/post/",
        "admin list, search": "/admin/blog/post/?q=knee",
        "admin form": admin_url(posts[-1]),
        "admin images": "/admin/images/image/",
        "admin image picker": "/admin/images/image/pick/",
    }
    return {"public": public, "admin": admin}


def sign_in() -> str:
    """Create an owner and return the cookie of a session."""
    from django.conf import settings
    from django.test import Client

    from accounts.models import User

    client = Client()
    client.force_login(User.objects.create_superuser("benchmark@example.com"))
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={client.cookies[name].value}"


def database_version() -> str:
    """Return the name and version of the database."""
    from django.db import connection

    name = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[connection.vendor]
    return f"{name} {'.'.join(map(str, connection.get_database_version()))}"


if __name__ == "__main__":
    main()
