"""Load the demo site. Existing objects are never changed, so loading twice changes nothing."""

import re
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Author, ProfileLink, Qualification
from blog.demo.exercises import fill_in_ids, load_exercises
from blog.demo.finder import load_finder
from blog.demo.references import load_evidence_levels
from blog.demo.reviews import load_reviews
from blog.models import Category, Post, PostTemplate
from evidence.models import Disclaimer, Term
from evidence.typed_lists import convert_typed_references
from images.models import Image
from images.uploads import unprocessed
from richtext.sanitizer import sanitize
from siteinfo.models import Appearance, SiteInfo, SocialLink

HERE = Path(__file__).parent
_IMAGE_NAME = re.compile(r'data-image="([\w-]+)"')


@transaction.atomic
def load_demo() -> int:
    """Load settings, author, categories, glossary, templates, exercises and posts. Return the number of new posts."""
    data = tomllib.loads((HERE / "site.toml").read_text(encoding="utf-8"))
    images = _DemoImages()
    _load_site(data["site"])
    author = _load_author(data["author"], images)
    categories = _load_categories(data["category"], images)
    _load_glossary()
    for path in sorted((HERE / "templates").glob("*.html")):
        _load_template(path)
    exercises = load_exercises(author, images.get)
    paths = sorted((HERE / "posts").glob("*.html"))
    created = sum(_load_post(path, author, categories, images, exercises) for path in paths)
    load_evidence_levels()
    load_finder()
    load_reviews()
    return created


class _DemoImages:
    """The images of the demo, added to the library when they are first used."""

    def __init__(self) -> None:
        self._images: dict[str, Image] = {}

    def get(self, name: str, alt: str = "") -> Image:
        if name not in self._images:
            self._images[name] = self._find_or_create(name, alt)
        image = self._images[name]
        if alt and not image.alt:
            image.alt = alt
            image.save(update_fields=["alt"])
        return image

    def _find_or_create(self, name: str, alt: str) -> Image:
        title = f"Demo: {name}"
        if image := Image.objects.filter(title=title).first():
            return image
        path = HERE / "images" / f"{name}.webp"
        return Image.objects.create(title=title, alt=alt, file=unprocessed(path.read_bytes(), path.name))


def _load_site(fields: dict[str, Any]) -> None:
    if SiteInfo.objects.exists():
        return
    # The drawings are those of the demo.
    Appearance.objects.get_or_create(pk=Appearance.singleton_instance_id, defaults={"has_drawings": True})
    links = fields.pop("social", [])
    site = SiteInfo.objects.create(pk=SiteInfo.singleton_instance_id, **fields)
    known_networks = set(SocialLink.Network.values)
    for position, link in enumerate(links):
        network = link["name"].lower()
        if network not in known_networks:
            network = SocialLink.Network.OTHER
        SocialLink.objects.create(site=site, network=network, url=link["url"], position=position)


def _load_author(fields: dict[str, Any], images: _DemoImages) -> Author:
    if author := Author.objects.filter(slug=fields["slug"]).first():
        return author
    author = Author.objects.create(
        name=fields["name"],
        slug=fields["slug"],
        credentials=fields["display_credentials"],
        job_title=fields["job_title"],
        short_bio=fields["short_bio"],
        long_bio=sanitize(fields["long_bio"]),
        expertise="\n".join(fields["expertise"]),
        portrait=images.get(fields["portrait"], fields["portrait_alt"]),
        competing_interests=fields["competing_interests"],
    )
    Qualification.objects.bulk_create(Qualification(author=author, **row) for row in fields.get("credential", []))
    ProfileLink.objects.bulk_create(ProfileLink(author=author, **row) for row in fields.get("link", []))
    return author


def _load_categories(rows: list[dict[str, Any]], images: _DemoImages) -> dict[str, Category]:
    categories: dict[str, Category] = {}
    for row in rows:
        parent = categories.get(row.get("parent", ""))
        category = Category.objects.filter(slug=row["slug"], parent=parent).first()
        categories[row["slug"]] = category or Category.objects.create(
            name=row["name"],
            slug=row["slug"],
            parent=parent,
            description=row.get("description", ""),
            position=row.get("order", 0),
            image=images.get(row["image"], row.get("image_alt", "")) if row.get("image") else None,
            disclaimer=_disclaimer(row.get("disclaimer", "")),
        )
    return categories


def _load_template(path: Path) -> None:
    fields, body = _read(path)
    if not PostTemplate.objects.filter(name=fields["name"]).exists():
        values = {"body": body, "tldr": "\n".join(fields["tldr"])}
        PostTemplate.objects.create(**fields | values | {"disclaimer": _disclaimer(fields.get("disclaimer", ""))})


def _disclaimer(name: str) -> Disclaimer | None:
    """Return a disclaimer that new sites have, unless the owner has renamed it."""
    return Disclaimer.objects.filter(name=name).first() if name else None


def _load_glossary() -> None:
    if Term.objects.exists():
        return
    for fields in tomllib.loads((HERE / "glossary.toml").read_text(encoding="utf-8"))["term"]:
        Term.objects.create(**fields | {"variants": "\n".join(fields.get("variants", ()))})


def _load_post(
    path: Path, author: Author, categories: dict[str, Category], images: _DemoImages, exercises: dict[str, int]
) -> int:
    """Create the post and return 1, or return 0 if it exists."""
    if Post.objects.filter(slug=path.stem).exists():
        return 0
    fields, body = _read(path)
    body = _IMAGE_NAME.sub(lambda match: f'data-image="{images.get(match[1]).pk}"', fill_in_ids(body, exercises))
    post = Post(
        title=fields["title"],
        slug=path.stem,
        body=convert_typed_references(sanitize(body)).body,
        tldr="\n".join(fields["tldr"]),
        excerpt=fields["excerpt"],
        featured_image=images.get(fields["image"], fields["image_alt"]),
        author=author,
        primary_category=categories[fields["category"]],
        template=PostTemplate.objects.filter(name=fields.get("template", "")).first(),
        status=Post.Status.PUBLISHED,
        published_at=timezone.now() - timedelta(days=fields["published"], hours=3),
        seo_title=fields.get("seo_title", ""),
        seo_description=fields.get("seo_description", ""),
    )
    post.save()
    post.set_categories([categories[slug] for slug in (fields["category"], *fields["more_categories"])])
    post.tags.set(fields["tags"])
    return 1


def _read(path: Path) -> tuple[dict[str, Any], str]:
    """Return the front matter and the body of a file."""
    _, front_matter, body = path.read_text(encoding="utf-8").split("+++", 2)
    return tomllib.loads(front_matter), body
