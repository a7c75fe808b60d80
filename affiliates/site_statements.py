"""Store the statements programs require on every page, and whether the shop has products, in SiteInfo.

Every page loads SiteInfo anyway.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db.models.signals import post_delete, post_save

from affiliates.models import Link, Product, Program
from affiliates.models.programs import is_program_host
from affiliates.references import pasted_programs
from pagecache.invalidation import CacheScope, invalidate_only
from richtext.references import Reference, register_listener
from siteinfo.models import SiteInfo

# The shops that were new in this block of `fewer_refreshes`.
_refreshed_hosts: ContextVar[set[str] | None] = ContextVar("refreshed_hosts", default=None)


def refresh() -> None:
    """Update SiteInfo with the statements of all programs in use, without duplicates, and `has_shop`."""
    used = {program.pk for program in pasted_programs()}
    used |= set(Link.objects.active().values_list("program", flat=True))
    texts = Program.objects.filter(pk__in=used).order_by("pk").values_list("statements", flat=True)
    lines = dict.fromkeys(line.strip() for text in texts for line in text.splitlines() if line.strip())
    values = {"statements": "\n".join(lines), "has_shop": Product.objects.published().exists()}
    # Saving a single post can change the statements on every page.
    with invalidate_only(CacheScope.ALL):
        if not SiteInfo.objects.exclude(**values).update(**values) and any(values.values()):
            SiteInfo.objects.get_or_create(defaults={"pk": SiteInfo.singleton_instance_id, **values})


def connect() -> None:
    """Refresh when a program, link, product or reference to a shop changes, in the same transaction."""
    for model in (Program, Link, Product):
        for signal in (post_save, post_delete):
            signal.connect(_changed, sender=model)
    register_listener(_references_changed)


def _changed(sender: Any, **kwargs: Any) -> None:
    refresh()


@contextmanager
def fewer_refreshes() -> Iterator[None]:
    """Refresh once per shop in this block, and at its end, instead of after each text.

    A refresh looks at all links to shops, so that it would make importing thousands of texts slower and slower.
    """
    token = _refreshed_hosts.set(set())
    try:
        yield
    finally:
        _refreshed_hosts.reset(token)
        refresh()


def _references_changed(references: Collection[Reference]) -> None:
    hosts = {reference.host for reference in references if is_program_host(reference.host)}
    refreshed = _refreshed_hosts.get()
    if refreshed is not None:
        hosts -= refreshed
        refreshed |= hosts
    if hosts:
        refresh()
