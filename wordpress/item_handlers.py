"""Import what is neither a post nor a page: each handler collects items of some types, and saves them at the end.

To import another type of item, or something that plugins store with posts, write a handler and add it to HANDLERS. A
handler belongs to one source site, because one export can be split into several files.
"""

from collections.abc import Callable, Sequence
from typing import ClassVar, Protocol

from django.db import transaction

from wordpress.affiliate_links import AffiliateLinkHandler
from wordpress.canonical_urls import CanonicalUrlHandler
from wordpress.disclaimers import DisclaimerHandler
from wordpress.menus import MenuHandler
from wordpress.reader import Item
from wordpress.report import Report
from wordpress.seo import SeoImporter
from wordpress.source_redirects import RedirectHandler
from wordpress.source_site import SourceSite


class ItemHandler(Protocol):
    """Collect items of one source site and save what they contain."""

    # The types of items that are imported by the handler alone, each with a sentence for the report.
    labels: ClassVar[dict[str, str]]

    def __init__(self, site: SourceSite) -> None: ...

    def add(self, item: Item, seo: SeoImporter) -> None:
        """Collect what the handler needs of an item of any type. Items come one by one, each only once."""

    def save(self, resolve: Callable[[str], str], report: Report) -> None:
        """Save what was collected. Posts and pages have their URLs, which `resolve` returns for their old ones.

        `resolve` returns "" for a URL without a match. Saving the same again must change nothing.
        """


# In the order in which they save: links in texts can lead to affiliate links and to redirects.
HANDLERS: tuple[type[ItemHandler], ...] = (
    AffiliateLinkHandler,
    RedirectHandler,
    MenuHandler,
    CanonicalUrlHandler,
    DisclaimerHandler,
)


def save_handler(handler: ItemHandler, resolve: Callable[[str], str], report: Report) -> None:
    """Save what `handler` collected, and the rows of the report about it."""
    own = report.child()
    handler.save(resolve, own)
    with transaction.atomic():
        own.save()
    report.add(own)


def create_handlers(site: SourceSite) -> Sequence[ItemHandler]:
    """Return a handler of each type for one source site."""
    return [handler(site) for handler in HANDLERS]
