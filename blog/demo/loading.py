"""Loads the demo site once: what is there already is never touched, so a second run changes nothing."""

import re
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Author, ProfileLink, Qualification
from blog.models import Category, Post, PostTemplate
from images.models import Image
from images.uploads import keep_unchanged
from richtext.sanitizer import sanitize
from siteinfo.models import SiteInfo, SocialLink

HERE = Path(__file__).parent
_PICTURE = re.compile(r'data-image="([\w-]+)"')


@transaction.atomic
def load() -> int:
    """Load site facts, author, categories, pictures and posts; how many posts are new."""
    facts = tomllib.loads((HERE / "site.toml").read_text(encoding="utf-8"))
    pictures = _Pictures()
    _load_site(facts["site"])
    author = _load_author(facts["author"], pictures)
    categories = _load_categories(facts["category"], pictures)
    for path in sorted((HERE / "templates").glob("*.html")):
        _load_template(path)
    return sum(_load_post(path, author, categories, pictures) for path in sorted((HERE / "posts").glob("*.html")))


class _Pictures:
    """Puts a demo picture into the library the first time it is asked for."""

    def __init__(self) -> None:
        self._known: dict[str, Image] = {}

    def get(self, name: str, alt: str = "") -> Image:
        if name not in self._known:
            title = f"Demo: {name}"
            image = Image.objects.filter(title=title).first()
            if image is None:
                path = HERE / "pictures" / f"{name}.webp"
                image = Image.objects.create(title=title, alt=alt, file=keep_unchanged(path.read_bytes(), path.name))
            self._known[name] = image
        image = self._known[name]
        if alt and not image.alt:
            image.alt = alt
            image.save(update_fields=["alt"])
        return image


def _load_site(facts: dict[str, Any]) -> None:
    if SiteInfo.objects.exists():
        return
    links = facts.pop("social", [])
    site = SiteInfo.objects.create(pk=SiteInfo.singleton_instance_id, **facts)
    known = set(SocialLink.Network.values)
    for position, link in enumerate(links):
        network = link["name"].lower() if link["name"].lower() in known else SocialLink.Network.OTHER
        SocialLink.objects.create(site=site, network=network, url=link["url"], position=position)


def _load_author(facts: dict[str, Any], pictures: _Pictures) -> Author:
    if author := Author.objects.filter(slug=facts["slug"]).first():
        return author
    author = Author.objects.create(
        name=facts["name"],
        slug=facts["slug"],
        credentials=facts["display_credentials"],
        job_title=facts["job_title"],
        short_bio=facts["short_bio"],
        long_bio=sanitize(facts["long_bio"]),
        expertise="\n".join(facts["expertise"]),
        photo=pictures.get(facts["portrait"], facts["portrait_alt"]),
    )
    Qualification.objects.bulk_create(Qualification(author=author, **row) for row in facts.get("credential", []))
    ProfileLink.objects.bulk_create(ProfileLink(author=author, **row) for row in facts.get("link", []))
    return author


def _load_categories(rows: list[dict[str, Any]], pictures: _Pictures) -> dict[str, Category]:
    found: dict[str, Category] = {}
    for row in rows:
        parent = found.get(row.get("parent", ""))
        category = Category.objects.filter(slug=row["slug"], parent=parent).first()
        found[row["slug"]] = category or Category.objects.create(
            name=row["name"],
            slug=row["slug"],
            parent=parent,
            description=row.get("description", ""),
            position=row.get("order", 0),
            image=pictures.get(row["picture"], row.get("picture_alt", "")) if row.get("picture") else None,
        )
    return found


def _load_template(path: Path) -> None:
    _, head, body = path.read_text(encoding="utf-8").split("+++", 2)
    facts = tomllib.loads(head)
    if not PostTemplate.objects.filter(name=facts["name"]).exists():
        PostTemplate.objects.create(**facts | {"body": body, "tldr": "\n".join(facts["tldr"])})


def _load_post(path: Path, author: Author, categories: dict[str, Category], pictures: _Pictures) -> int:
    if Post.objects.filter(slug=path.stem).exists():
        return 0
    _, head, body = path.read_text(encoding="utf-8").split("+++", 2)
    facts = tomllib.loads(head)
    post = Post(
        title=facts["title"],
        slug=path.stem,
        body=_PICTURE.sub(lambda match: f'data-image="{pictures.get(match[1]).pk}"', body),
        tldr="\n".join(facts["tldr"]),
        excerpt=facts["excerpt"],
        featured_image=pictures.get(facts["picture"], facts["picture_alt"]),
        author=author,
        primary_category=categories[facts["category"]],
        status=Post.Status.PUBLISHED,
        published_at=timezone.now() - timedelta(days=facts["published"], hours=3),
        seo_title=facts.get("seo_title", ""),
        seo_description=facts.get("seo_description", ""),
    )
    post.save()
    post.set_categories([categories[slug] for slug in (facts["category"], *facts["more_categories"])])
    post.tags.set(facts["tags"])
    return 1
