"""What the standing pages tell search engines and other sites."""

from collections.abc import Iterable

from django.urls import reverse

from accounts.models import Author
from accounts.structured_data import person
from images.structured_data import shared
from pages.models import Page, Service
from publishing.structured_data import faq
from siteinfo import seo
from siteinfo.seo import Breadcrumb
from siteinfo.structured_data import Node, node
from siteinfo.urls import absolute_url

# Types of pages that schema.org knows; any other is a WebPage.
_KINDS = {Page.Role.ABOUT: "AboutPage", Page.Role.CONTACT: "ContactPage"}


def of_page(
    page: Page,
    above: Iterable[Breadcrumb] = (),
    author: Author | None = None,
    services: Iterable[Service] = (),
    *,
    is_public: bool = True,
) -> seo.PageMeta:
    """A page below those of `above`, with the `author` whom it introduces and the `services` that it lists.

    `is_public` is False where somebody looks at words that readers do not have yet.
    """
    is_public = is_public and page.is_published
    path = page.get_absolute_url() if page.path else "/"  # a preview may come before the address
    address = absolute_url(path)
    nodes = (
        *([person(author)] if author else []),
        *(_service(service, address) for service in services),
        *faq(page, address),
    )
    return seo.PageMeta(
        title=page.title,
        full_title=page.seo_title,
        description=page.short_description or f"{page.title}.",
        path=path,
        schema_type=_KINDS.get(page.role, "WebPage"),  # type: ignore[call-overload]
        ancestors=(Breadcrumb("Home", reverse("home")), *above),
        image=shared(page.featured_image or (author.photo if author else None)),
        nodes=nodes if is_public else (),
        canonical_url=page.canonical_url,
        is_indexed=not page.hides_from_search,
        is_public=is_public,
    )


def _service(service: Service, address: str) -> Node:
    """A service in the words that readers see; a price is what the author wrote, never a number made of it."""
    return node(
        "Service",
        id=f"{address}#service-{service.pk}",
        name=service.name,
        description=service.description,
        audience=node("Audience", audienceType=service.audience) if service.audience else None,
        availableChannel=node("ServiceChannel", name=service.format) if service.format else None,
        offers=node(
            "Offer",
            description=service.price_in_words,
            url=absolute_url(service.button_link) if service.button_link else address,
        ),
    )
