"""Submit the URLs of changed texts to IndexNow, which passes them on to Bing, Yandex and other search engines.

What to submit follows from the data: the public texts whose path or version differs from what was submitted last, and
those that are no longer public. So nothing that is published waits for the service, and a worker that was killed
submits the rest later. Texts that were public when the owner turned IndexNow on are known without a submission.
"""

from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils.crypto import salted_hmac

from http_client import client
from http_client.client import FetchError
from indexnow.models import SubmissionState, SubmittedPage
from pagecache.invalidation import CacheScope, invalidate_only
from publishing.document_paths import document_models
from publishing.models import Change
from siteinfo.models import SiteInfo
from siteinfo.urls import absolute_url, hostname, is_local_site

ENDPOINT = "https://api.indexnow.org/indexnow"
# The service accepts 10,000.
MAX_URLS = 500
_ACCEPTED = (200, 202)
_REASONS = {
    400: "It could not read the request.",
    403: "It could not read the key file of this site.",
    422: "It says that the URLs do not belong to this site.",
    429: "It asks to send fewer URLs.",
}


class Changes(NamedTuple):
    """What search engines do not know yet."""

    # Also with the former paths of texts that moved.
    paths: list[str]
    current: list[SubmittedPage]
    withdrawn: list[SubmittedPage]


def key() -> str:
    """Return the key that proves that a submission comes from this site. It changes with the secret key."""
    return salted_hmac("indexnow.key", settings.SITE_URL, algorithm="sha256").hexdigest()[:32]


def why_off() -> str:
    """Return why nothing is submitted although the owner wants it, or "" if it is."""
    if settings.DEBUG:
        return "DEBUG is on"
    if is_local_site():
        return "the site is on this machine"
    if SiteInfo.load().hides_from_search:
        return "the site is hidden from search engines"
    return ""


def is_on() -> bool:
    """Return whether URLs are submitted."""
    return SiteInfo.load().uses_indexnow and not why_off()


def submit_changes() -> int:
    """Submit a batch of URLs, and return their number. The worker calls this."""
    if not is_on():
        forget()
        return 0
    if not SubmissionState.objects.exists():
        _start()
        return 0
    if not find_changes().paths or not SubmissionState.claim():
        return 0
    # Another worker may have submitted some since.
    changes = find_changes()
    if not changes.paths:
        SubmissionState.release()
        return 0
    return _submit(changes)


def forget() -> None:
    """Forget what was submitted, because texts may change unnoticed while IndexNow is off."""
    if SubmissionState.objects.exists():
        with transaction.atomic():
            SubmittedPage.objects.all().delete()
            SubmissionState.objects.all().delete()


def find_changes() -> Changes:
    """Return what differs from what search engines know, at most about MAX_URLS. The number of queries is constant."""
    known = {(page.document_kind, page.document_id): page for page in SubmittedPage.objects.all()}
    paths: list[str] = []
    current = []
    for page in _public_pages():
        before = known.pop((page.document_kind, page.document_id), None)
        if before and (before.path, before.version) == (page.path, page.version):
            continue
        if len(paths) < MAX_URLS:
            current.append(page)
            paths += dict.fromkeys([page.path, before.path if before else page.path])
    withdrawn = list(known.values())[: max(0, MAX_URLS - len(paths))]
    return Changes([*paths, *(page.path for page in withdrawn)], current, withdrawn)


def _start() -> None:
    """Remember what is public now. Search engines know it, or find it without us."""
    with transaction.atomic():
        _remember(_public_pages())
        SubmissionState.objects.get_or_create(pk=SubmissionState.PK)


def _remember(pages: list[SubmittedPage]) -> None:
    """Store path and version of pages as submitted."""
    SubmittedPage.objects.bulk_create(
        pages,
        update_conflicts=True,
        unique_fields=("document_kind", "document_id"),
        update_fields=("path", "version"),
    )


def _public_pages() -> list[SubmittedPage]:
    """Return the texts that search engines may list, as they are now."""
    pages = []
    for model in document_models():
        kind = str(model._meta.model_name)
        content_type = ContentType.objects.get_for_model(model)
        changes = Change.objects.filter(content_type=content_type).order_by().values_list("object_id")
        last_change = dict(changes.annotate(latest=Max("pk")))
        rows: Any = model.public_rows().filter(hides_from_search=False, canonical_url="").order_by("-published_at")
        for pk, path, published_at, updated_on in rows.values_list(
            "pk", model.path_field, "published_at", "updated_on"
        ):
            version = f"{published_at:%Y%m%d%H%M%S} {updated_on or ''} {last_change.get(pk, '')}"
            path = reverse("document", args=[path])
            pages.append(SubmittedPage(document_kind=kind, document_id=pk, path=path, version=version))
    return pages


def _submit(changes: Changes) -> int:
    error = _send([absolute_url(path) for path in changes.paths])
    with transaction.atomic(), invalidate_only(CacheScope.NONE):
        if error and not SubmissionState.record_failure(error):
            return 0
        _remember(changes.current)
        SubmittedPage.objects.filter(pk__in=[page.pk for page in changes.withdrawn]).delete()
        if not error:
            SubmissionState.record_success(len(changes.paths))
    return 0 if error else len(changes.paths)


def _send(urls: list[str]) -> str:
    """Send the URLs to the service. Return why it did not accept them, or ""."""
    data = {"host": hostname(), "key": key(), "keyLocation": absolute_url(f"/{key()}.txt"), "urlList": urls}
    try:
        response = client.post_json(ENDPOINT, data)
    except FetchError as error:
        return str(error)
    if response.status in _ACCEPTED:
        return ""
    return f"The service answered {response.status}. {_REASONS.get(response.status, '')}".strip()
