"""SEO metadata for pages."""

from collections.abc import Iterable

from django.urls import reverse

from accounts.models import Author
from accounts.structured_data import detailed_person
from blog.citations import ids_of_citations, ids_of_exercises
from evidence.structured_data import citation_nodes
from exercises.structured_data import exercise_nodes
from images.structured_data import share_image
from pages.models import Page, Service
from publishing.structured_data import faq_nodes, review_properties
from siteinfo.seo import Breadcrumb, PageMeta
from siteinfo.structured_data import Node, node
from siteinfo.urls import absolute_url

# Any other role is a plain WebPage.
_SCHEMA_TYPES = {Page.Role.ABOUT: "AboutPage", Page.Role.CONTACT: "ContactPage"}


def page_meta(
    page: Page, author: Author | None = None, services: Iterable[Service] = (), *, is_public: bool = True
) -> PageMeta:
    """Return the metadata of `page`, which introduces `author` and lists `services`.

    Pass `is_public=False` if visitors do not have this version of the page.
    """
    is_public = is_public and page.is_published
    path = page.get_absolute_url() if page.path else "/"  # a preview of a new page has no path yet
    url = absolute_url(path)
    nodes = (
        *([detailed_person(author)] if author else []),
        *(_service_node(service, url) for service in services),
        *faq_nodes(page, url),
    )
    schema_type = _SCHEMA_TYPES.get(page.role, "WebPage")  # type: ignore[call-overload]
    properties = {"schema_type": schema_type} | (review_properties(page) if is_public else {})
    parents = (Breadcrumb(parent.title, parent.get_absolute_url()) for parent in page.public_ancestors())
    return PageMeta(
        title=page.title,
        full_title=page.seo_title,
        description=page.short_description or f"{page.title}.",
        path=path,
        ancestors=(Breadcrumb("Home", reverse("home")), *parents),
        image=share_image(page.featured_image or (author.portrait if author else None)),
        nodes=nodes if is_public else (),
        citations=tuple(citation_nodes(ids_of_citations(page))) if is_public else (),
        parts=tuple(exercise_nodes(ids_of_exercises(page))) if is_public else (),
        canonical_url=page.canonical_url,
        is_indexed=not page.hides_from_search,
        is_public=is_public,
        **properties,
    )


def _service_node(service: Service, page_url: str) -> Node:
    """Return a service as structured data. The price stays text, since the author may write anything."""
    return node(
        "Service",
        id=f"{page_url}#service-{service.pk}",
        name=service.name,
        description=service.description,
        audience=node("Audience", audienceType=service.audience) if service.audience else None,
        availableChannel=node("ServiceChannel", name=service.format) if service.format else None,
        offers=node(
            "Offer",
            description=service.price_text,
            url=absolute_url(service.button_link) if service.button_link else page_url,
        ),
    )
