"""How an undo removes posts, pages, categories, tags, authors, redirects and the name of the site."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from django.db import models
from django.db.models.fields.reverse_related import ForeignObjectRel

from accounts.models import Author
from affiliates.models import Link, Program
from affiliates.references import references_to_link
from blog.models import Category, Post, Tag
from evidence.models import Disclaimer
from pages.models import Page
from redirects.models import Redirect
from redirects.normalize import normalize_path
from siteinfo.models import SiteInfo
from wordpress.documents_in_use import reasons_in_use
from wordpress.models import ImportedMenu, ImportedObject, fingerprint, row_fingerprint
from wordpress.undo import UndoHandler, redirect_fingerprint, register

type Pairs = Sequence[tuple[ImportedObject, Any]]
EDITED = "you changed it"
USED = "something else here uses it"


def delete_rows(rows: Sequence[models.Model]) -> None:
    """Delete rows of one model with what belongs to them."""
    if rows:
        type(rows[0])._default_manager.filter(pk__in=[row.pk for row in rows]).delete()


def delete_tree(rows: Sequence[Any]) -> None:
    """Delete pages or categories before those above them."""
    for _, level in groupby(sorted(rows, key=_depth, reverse=True), key=_depth):
        delete_rows(list(level))


def _depth(row: Any) -> int:
    return str(row.path).count("/")


def unless_used(pairs: Pairs) -> Mapping[int, str]:
    """Return the rows that were edited, or that other rows refer to, with the reason."""
    found = {row.pk: EDITED for record, row in pairs if record.fingerprint != row_fingerprint(row)}
    # A category that stays needs the categories above it.
    while used := referenced([row for _, row in pairs if row.pk not in found]):
        found |= dict.fromkeys(used, USED)
    return found


def referenced(rows: Sequence[models.Model]) -> set[int]:
    """Return the primary keys of those rows, all of one model, that others refer to, of this model or another."""
    found: set[int] = set()
    pks = [row.pk for row in rows]
    relations = rows[0]._meta.get_fields(include_hidden=True) if rows else ()
    for relation in relations:
        # Also relations that rows have no attribute for, such as the categories without an ad.
        if not isinstance(relation, ForeignObjectRel) or relation.many_to_many:
            continue
        model = relation.related_model
        name = relation.field.name
        users = model._default_manager.filter(**{f"{name}__in": pks})
        if model is type(rows[0]):
            users = users.exclude(pk__in=pks)
        found.update(users.values_list(name, flat=True))
    return found & set(pks)


def _documents_to_keep(pairs: Pairs) -> Mapping[int, str]:
    if not pairs:
        return {}
    model: Any = type(pairs[0][1])
    pks = [row.pk for _, row in pairs]
    # A page that was here before only gets its former text.
    restored = {row.pk for record, row in pairs if record.before}
    in_use = reasons_in_use(model, [pk for pk in pks if pk not in restored])
    rows = {row.pk: row for row in model._default_manager.filter(pk__in=pks).prefetch_snapshots()}
    edited = {row.pk: EDITED for record, row in pairs if record.fingerprint != fingerprint(rows[row.pk])}
    remaining = in_use | edited
    if model is not Page:
        return remaining
    children = Page.objects.filter(parent__in=pks).exclude(pk__in=[pk for pk in pks if pk not in remaining])
    needed: set[int] = set()
    above = set(children.values_list("parent_id", flat=True))
    while above - needed:
        needed |= above
        above = set(Page.objects.filter(pk__in=above, parent__in=pks).values_list("parent_id", flat=True))
    return dict.fromkeys(needed - restored, "there are pages below it") | remaining


def _links_to_keep(pairs: Pairs) -> Mapping[int, str]:
    in_texts = {row.pk: USED for _, row in pairs if references_to_link(row).exists()}
    return in_texts | dict(unless_used(pairs))


def _edited(pairs: Pairs) -> Mapping[int, str]:
    return {row.pk: EDITED for record, row in pairs if record.fingerprint != row_fingerprint(row)}


def _redirects_to_keep(pairs: Pairs) -> Mapping[int, str]:
    edited = {row.pk: EDITED for record, row in pairs if record.fingerprint != redirect_fingerprint(row)}
    run = pairs[0][0].run if pairs else None
    remaining_urls: set[str] = set()
    for kind, model in ((ImportedObject.Kind.POST, Post), (ImportedObject.Kind.PAGE, Page)):
        remaining = ImportedObject.objects.filter(run=run, kind=kind).values("object_id")
        rows = model._default_manager.filter(pk__in=remaining)
        remaining_urls |= {normalize_path(row.get_absolute_url()) for row in rows}
    leading = {row.pk: "the page it leads to is still here" for _, row in pairs if row.target_path in remaining_urls}
    return leading | edited


register(ImportedObject.Kind.REDIRECT, UndoHandler(Redirect, 50, _redirects_to_keep, delete_rows))
register(ImportedObject.Kind.POST, UndoHandler(Post, 30, _documents_to_keep, delete_rows))
register(ImportedObject.Kind.PAGE, UndoHandler(Page, 40, _documents_to_keep, delete_tree))
register(ImportedObject.Kind.MENU, UndoHandler(ImportedMenu, 10, unless_used, delete_rows))
register(ImportedObject.Kind.LINK, UndoHandler(Link, 52, _links_to_keep, delete_rows))
register(ImportedObject.Kind.PROGRAM, UndoHandler(Program, 54, unless_used, delete_rows))
register(ImportedObject.Kind.TAG, UndoHandler(Tag, 60, unless_used, delete_rows))
register(ImportedObject.Kind.CATEGORY, UndoHandler(Category, 70, unless_used, delete_tree))
register(ImportedObject.Kind.AUTHOR, UndoHandler(Author, 80, unless_used, delete_rows))
register(ImportedObject.Kind.DISCLAIMER, UndoHandler(Disclaimer, 85, _edited, delete_rows))
register(ImportedObject.Kind.SITE, UndoHandler(SiteInfo, 90, unless_used, delete_rows))
