"""Where links and products are used: read from every text when it is saved, so that nobody has to look for them.

It hears of texts through Django's own signals, in the transaction of the save, as the search does. What sends no
signals (bulk_create) is read by `note_all`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models.signals import post_delete, post_save

from accounts.models import Author
from affiliates import shop_urls, site_statements
from affiliates.programs import Program, covering, may_pay
from blog.models import Snippet
from publishing.document_paths import document_models
from richtext.analysis import analyze

if TYPE_CHECKING:
    from affiliates.models import Link, Product

PREFIX = "go/"
EMBEDS = ("product", "comparison", "sponsorship")
# Of a pasted address: an index of PostgreSQL holds no more of any script.
LONGEST = 500


class UseQuerySet(models.QuerySet["Use"]):
    """Uses by what is used."""

    def of(self, link: Link) -> Self:
        """Those of `link`: by its name, by its product's card, or in a comparison."""
        by_name = self.filter(kind="link", key=link.slug)
        return by_name | self.of_product(link.product) if link.product else by_name

    def of_product(self, product: Product) -> Self:
        """Those of `product`: by its card, or in a comparison."""
        tables = [str(key) for key in product.compared.values_list("comparison", flat=True)]
        return self.filter(models.Q(kind="product", key=str(product.pk)) | models.Q(kind="comparison", key__in=tables))

    def holders(self) -> list[models.Model]:
        """The texts that they stand in, each once. One query for each kind of text."""
        found: list[models.Model] = []
        keys: dict[int, set[int]] = {}
        for kind, key in self.values_list("content_type", "object_id"):
            keys.setdefault(kind, set()).add(key)
        for kind, wanted in keys.items():
            model: Any = ContentType.objects.get_for_id(kind).model_class()
            large = [field.name for field in model._meta.concrete_fields if field.name in ("body", "headings")]
            found += model._base_manager.filter(pk__in=wanted).defer(*large).order_by("pk")
        return found


class Use(models.Model):
    """That a text has a link, a card, or a paid address that somebody pasted (`program` says whose)."""

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    holder = GenericForeignKey()
    kind = models.CharField(max_length=12)
    key = models.CharField(max_length=LONGEST)
    program = models.ForeignKey("affiliates.Program", on_delete=models.CASCADE, null=True, related_name="pasted")

    objects = UseQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=("content_type", "object_id"), name="affiliates_use_of"),
            models.Index(fields=("kind", "key"), name="affiliates_use_key"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


_above: dict[type[models.Model], str] = {}


def texts() -> dict[type[models.Model], str]:
    """Every kind of row with a text for readers, and the text's field."""
    return {**dict.fromkeys(document_models(), "body"), Snippet: "body", Author: "long_bio", **_above}


def connect() -> None:
    """Listen to every kind of text, and to programs that go: another one may cover their sites."""
    for model in texts():
        _listen(model)
    post_delete.connect(_program_deleted, sender=Program)


def register(model: type[models.Model], field: str) -> None:
    """Read the texts of a room above this one too. Called in its `AppConfig.ready`."""
    _above[model] = field
    _listen(model)


def _listen(model: type[models.Model]) -> None:
    post_save.connect(_saved, sender=model)
    post_delete.connect(_deleted, sender=model)


def _program_deleted(sender: Any, instance: Program, **kwargs: Any) -> None:
    note_all(instance.host_list)


def _saved(sender: Any, instance: Any, update_fields: frozenset[str] | None, **kwargs: Any) -> None:
    if update_fields is None or texts()[sender] in update_fields:
        note(instance)


def _deleted(sender: Any, instance: Any, **kwargs: Any) -> None:
    with transaction.atomic():
        gone, _ = _of(instance).delete()
        if gone:
            site_statements.refresh()


def _of(row: models.Model) -> UseQuerySet:
    return Use.objects.filter(content_type=ContentType.objects.get_for_model(row), object_id=row.pk)


def note(row: models.Model) -> None:
    """Keep what the text of `row` uses."""
    with transaction.atomic():
        if _keep(row):
            site_statements.refresh()


def note_all(hosts: Iterable[str] = ()) -> None:
    """Read every text anew, as after a bulk load; with `hosts` only those that name one, as for a new program."""
    with transaction.atomic():
        for model, field in texts().items():
            # Nothing of the kind stands in a text without a link or an embed.
            uses = models.Q(**{f"{field}__contains": "href="}) | models.Q(**{f"{field}__contains": "data-embed="})
            named = models.Q()
            for host in hosts:
                named |= models.Q(**{f"{field}__icontains": host})
            for row in model._base_manager.filter(uses, named).only("pk", field).iterator(200):
                _keep(row)
        site_statements.refresh()


def _keep(row: models.Model) -> bool:
    """Whether other uses are kept now than before."""
    wanted = _found_in(getattr(row, texts()[type(row)]))
    kept = {(use.kind, use.key): use for use in _of(row)}
    # A program may have taken an address over from another one.
    gone = [use.pk for name, use in kept.items() if name not in wanted or wanted[name] != use.program_id]
    new = [name for name, program in wanted.items() if name not in kept or kept[name].program_id != program]
    if gone:
        Use.objects.filter(pk__in=gone).delete()
    if new:
        Use.objects.bulk_create(Use(holder=row, kind=kind, key=key, program_id=wanted[kind, key]) for kind, key in new)
    return bool(gone or new)


def _found_in(text: str) -> dict[tuple[str, str], int | None]:
    """What a text uses, with the program of what somebody pasted."""
    if "href=" not in text and "data-embed=" not in text:
        return {}
    analysis = analyze(text)
    found: dict[tuple[str, str], int | None] = {
        (kind, str(key)): None for kind, key in analysis.embeds if kind in EMBEDS
    }
    found |= {("link", slug): None for href in analysis.links if (slug := slug_in(href))}
    return found | {("pasted", href[:LONGEST]): program.pk for href, program in _paid(analysis.links)}


def _paid(hrefs: Iterable[str]) -> Iterable[tuple[str, Program]]:
    """The addresses among `hrefs` that a program pays for."""
    hosts = {href: host for href in hrefs if may_pay(host := shop_urls.host_of(href))}
    programs = list(Program.objects.all()) if hosts else []
    for href, host in hosts.items():
        program = covering(programs, host)
        if program is None and shop_urls.is_amazons(host):
            program = Program.objects.amazon()
        if program:
            yield href, program


def slug_in(href: str) -> str:
    """The short name of the link that `href` means; "" if it means none."""
    place = shop_urls.own_path(href)
    slug = place.removeprefix(PREFIX)
    return slug if place.startswith(PREFIX) and "/" not in slug else ""
