"""What programs want to be said on every page, and whether there is a shop to lead to: kept with the site's facts,
which every page reads anyway."""

from typing import Any

from django.apps import apps
from django.db.models import Exists, OuterRef
from django.db.models.signals import post_delete, post_save

from pagecache.invalidation import CacheScope, invalidate_only
from siteinfo.models import SiteInfo


def refresh() -> None:
    """Keep the statements of every program that has a link in use, each once, and whether the shop has something."""
    link, use, program, product = (apps.get_model("affiliates", name) for name in ("Link", "Use", "Program", "Product"))
    live = link.objects.live().filter(program=OuterRef("pk"))
    pasted = use.objects.filter(program=OuterRef("pk"))
    told = program.objects.filter(Exists(live) | Exists(pasted)).order_by("pk").values_list("statements", flat=True)
    lines = dict.fromkeys(line.strip() for text in told for line in text.splitlines() if line.strip())
    statements = "\n".join(lines)
    # A text that shows at one address alone may bring or take what all pages say.
    facts = {"statements": statements, "has_shop": product.objects.published().exists()}
    with invalidate_only(CacheScope.ALL):
        if not SiteInfo.objects.exclude(**facts).update(**facts) and any(facts.values()):
            SiteInfo.objects.get_or_create(defaults={"pk": SiteInfo.singleton_instance_id, **facts})


def connect() -> None:
    """Refresh whenever a program, a link or a product changes, in the transaction of the change."""
    for name in ("Program", "Link", "Product"):
        for change in (post_save, post_delete):
            change.connect(_changed, sender=apps.get_model("affiliates", name))


def _changed(sender: Any, **kwargs: Any) -> None:
    refresh()
