"""Store the statements programs require on every page, and whether the shop has products, in SiteInfo.

Every page loads SiteInfo anyway.
"""

from typing import Any

from django.apps import apps
from django.db.models import Exists, OuterRef
from django.db.models.signals import post_delete, post_save

from pagecache.invalidation import CacheScope, invalidate_only
from siteinfo.models import SiteInfo


def refresh() -> None:
    """Update SiteInfo with the statements of all programs in use, without duplicates, and `has_shop`."""
    link, use, program, product = (apps.get_model("affiliates", name) for name in ("Link", "Use", "Program", "Product"))
    live = link.objects.live().filter(program=OuterRef("pk"))
    pasted = use.objects.filter(program=OuterRef("pk"))
    told = program.objects.filter(Exists(live) | Exists(pasted)).order_by("pk").values_list("statements", flat=True)
    lines = dict.fromkeys(line.strip() for text in told for line in text.splitlines() if line.strip())
    statements = "\n".join(lines)
    # Saving a single post can change the statements on every page.
    facts = {"statements": statements, "has_shop": product.objects.published().exists()}
    with invalidate_only(CacheScope.ALL):
        if not SiteInfo.objects.exclude(**facts).update(**facts) and any(facts.values()):
            SiteInfo.objects.get_or_create(defaults={"pk": SiteInfo.singleton_instance_id, **facts})


def connect() -> None:
    """Refresh when a program, link or product is saved or deleted, in the same transaction."""
    for name in ("Program", "Link", "Product"):
        for change in (post_save, post_delete):
            change.connect(_changed, sender=apps.get_model("affiliates", name))


def _changed(sender: Any, **kwargs: Any) -> None:
    refresh()
