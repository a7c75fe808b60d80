"""What an import would find of a site: new texts, changed ones, and those that are here already. Writes nothing."""

from collections import Counter

from blog.models import Post
from pages.models import Page
from wordpress import path_mapping
from wordpress.item_batches import with_keys
from wordpress.item_content import source_digest
from wordpress.models import ImportedObject
from wordpress.reader import Export, Item
from wordpress.source_site import SourceSite


class KnownItems:
    """Compare the posts and pages of one export with what earlier imports of its site recorded."""

    def __init__(self, site: SourceSite, export: Export) -> None:
        self.site = site
        self.counts: Counter[str] = Counter()
        self._keys: Counter[str] = Counter()
        records = ImportedObject.objects.filter(site=site.name, kind__in=("post", "page"))
        rows = records.values_list("kind", "key", "object_id", "digest")
        self._records = {(kind, key): (pk, digest) for kind, key, pk, digest in rows}
        self._here = {
            "post": set(Post.objects.values_list("pk", flat=True)) if self._records else set(),
            "page": set(Page.objects.values_list("pk", flat=True)) if self._records else set(),
        }
        pages = export.items("page") if self._records else ()
        self._pages = {page.post_id: page for page in pages}

    def add(self, item: Item) -> None:
        """Count a post or page. Give all of them, in the order of the file."""
        ((key, _),) = with_keys([item], self._keys)
        pk, digest = self._records.get((item.post_type, key), (0, ""))
        if not pk:
            outcome = "new"
        elif pk not in self._here[item.post_type]:
            outcome = "deleted"
        else:
            parent = path_mapping.find_parent(item, self.site, self._pages) if item.post_type == "page" else None
            outcome = "unchanged" if digest == source_digest(item, parent) else "changed"
        self.counts[outcome] += 1
