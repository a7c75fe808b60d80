"""Lead links to the texts of an export while these are imported, so that few texts have to be saved again later."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import batched

from django.urls import reverse

from publishing.document_paths import taken_paths
from redirects.normalize import normalize_path
from wordpress.item_batches import with_keys
from wordpress.item_content import slug_for
from wordpress.models import ImportedObject
from wordpress.reader import Export
from wordpress.source_site import SourceSite

BATCH_SIZE = 200


@dataclass
class EarlyLinks:
    """The URLs here of texts of one source site that are known before the texts are saved, by their old paths."""

    site: SourceSite
    by_path: Mapping[str, str] = field(default_factory=dict)

    def find(self, url: str) -> str:
        """Return the URL here for `url`, or "" if it leads elsewhere or its target is not known yet."""
        parsed = self.site.parse_url(url) if self.by_path else None
        if parsed is None or parsed[1]:
            return ""
        path, _, fragment = parsed
        found = self.by_path.get(normalize_path(path), "") if path else ""
        return found and found + fragment


def expected_urls(exports: Iterable[tuple[SourceSite, Export]]) -> dict[str, str]:
    """Return the URLs that new posts of one site will get, by their old paths.

    Only for posts whose slug nothing else has, here or in the exports. The others get theirs when they are saved.
    """
    counts = Counter[str]()
    slugs: dict[str, str] = {}
    for site, export in exports:
        rows = ImportedObject.objects.filter(site=site.name, kind=ImportedObject.Kind.POST)
        imported = set(rows.values_list("key", flat=True))
        for key, item in with_keys(export.items("post")):
            slug, path = slug_for(item), site.path_of(item.link)
            counts[slug] += 1
            if path and item.status == "publish" and key not in imported:
                slugs[normalize_path(path)] = slug
    free = {slug for slug, count in counts.items() if count == 1}
    for batch in batched(sorted(free), BATCH_SIZE):
        free -= taken_paths(batch)
    return {path: reverse("document", args=[slug]) for path, slug in slugs.items() if slug in free}
