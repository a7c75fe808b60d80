"""Lead links to the texts of an export while these are imported, so that few texts have to be saved again later."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import batched

from django.urls import reverse

from publishing.document_paths import taken_paths
from redirects.normalize import normalize_path
from wordpress.item_batches import with_keys
from wordpress.item_content import may_be_public, slug_for
from wordpress.links import NewUrls
from wordpress.models import ImportedObject
from wordpress.reader import Export
from wordpress.source_site import SourceSite

BATCH_SIZE = 200


@dataclass
class EarlyLinks:
    """The URLs here of texts of one source site that are known before the texts are saved."""

    site: SourceSite
    urls: NewUrls = field(default_factory=NewUrls)

    def find(self, url: str) -> str:
        """Return the URL here for `url`, or "" if it leads elsewhere or its target is not known yet."""
        parsed = self.site.parse_url(url) if self.urls.by_path or self.urls.by_id else None
        if parsed is None:
            return ""
        path, query, fragment = parsed
        if path:
            found = "" if query else self.urls.by_path.get(normalize_path(path), "")
        else:
            found = self.urls.find_by_id(query)
        return found and found + fragment


def misled_links(expected: NewUrls, known: NewUrls, site: SourceSite) -> dict[str, str]:
    """Return the URLs of the source site by the expected URLs that their posts did not get.

    Posts that could not be imported have none, and others got another one if someone took theirs during the import.
    """
    old_urls = {url: f"{site.url}/?p={number}" for (_, number), url in expected.by_id.items()}
    old_urls |= {url: f"{site.url}/{path.strip('/')}/" for path, url in expected.by_path.items()}
    exist = {*known.by_path.values(), *known.by_id.values()}
    return {url: old_url for url, old_url in old_urls.items() if url not in exist}


def expected_urls(exports: Iterable[tuple[SourceSite, Export]]) -> NewUrls:
    """Return the URLs that new posts of one site will get.

    Only for posts whose slug nothing else has, here or in the exports. The others get theirs when they are saved.
    """
    counts = Counter[str]()
    by_path: dict[str, str] = {}
    by_id: dict[int, str] = {}
    for site, export in exports:
        rows = ImportedObject.objects.filter(site=site.name, kind=ImportedObject.Kind.POST)
        imported = set(rows.values_list("key", flat=True))
        for key, item in with_keys(export.items("post")):
            slug, path = slug_for(item), site.path_of(item.link)
            counts[slug] += 1
            if item.status == "publish" and key not in imported:
                if path:
                    by_path[normalize_path(path)] = slug
                if may_be_public(item):
                    by_id.setdefault(item.post_id, slug)
    free = {slug for slug, count in counts.items() if count == 1}
    for batch in batched(sorted(free), BATCH_SIZE):
        free -= taken_paths(batch)
    urls = {slug: reverse("document", args=[slug]) for slug in free}
    return NewUrls(
        {path: urls[slug] for path, slug in by_path.items() if slug in urls},
        {("post", number): urls[slug] for number, slug in by_id.items() if slug in urls},
    )
