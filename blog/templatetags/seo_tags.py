"""Template tags for the metadata in the head of every page."""

from django import template
from django.template import Context
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from accounts.structured_data import person
from images.context_processors import get_site_images
from images.og_images import og_image
from images.structured_data import share_image as image_to_share
from images.structured_data import share_image_node
from pagecache.per_version import once_per_version
from siteinfo import structured_data as jsonld
from siteinfo.models import SiteInfo
from siteinfo.seo import PageMeta, ShareImage
from siteinfo.urls import absolute_url

register = template.Library()


@register.simple_tag(takes_context=True)
def share_image(context: Context, meta: PageMeta, site: SiteInfo) -> ShareImage:
    """Return the image shown with links to the page: its own, that of the site, or one created from its title.

    Pages that are not indexed, such as search results, get one with the site's name: visitors can choose their titles.
    """
    if image := meta.image or image_to_share(get_site_images(context["request"]).share_image):
        return image
    return og_image(meta.title if meta.is_indexed else site.name, site.name, context["appearance"])


@register.simple_tag(takes_context=True)
def structured_data(context: Context, meta: PageMeta, image: ShareImage) -> SafeString:
    """Return the structured data of the page: the site, its publisher, the page and what it is about."""
    site = context["site"]
    publisher = once_per_version(context["request"], "publisher", lambda: _publisher(context))
    nodes = [_with_site(node, publisher, image) for node in meta.nodes]
    return jsonld.json_ld_script(
        (
            jsonld.website(site, publisher),
            meta.webpage_node(jsonld.website_id(), image.url),
            share_image_node(image),
            meta.breadcrumb_node(),
            *nodes,
            *meta.citations,
            *meta.parts,
            *meta.about,
            meta.reviewer,
            publisher,
        )
    )


def _publisher(context: Context) -> jsonld.Node:
    """Return the author or the practice, as chosen in the site settings."""
    site, author = context["site"], context.get("site_author")
    policy = context["navigation"].by_role.get("editorial")
    profile_urls = [link.url for link in site.profiles]
    if not author or site.published_by == SiteInfo.Publisher.PRACTICE:
        publisher = jsonld.organization(site, profile_urls)
    else:
        publisher = person(author, profile_urls)
    if site.booking_url:
        publisher["potentialAction"] = jsonld.node(
            "ReserveAction", name="Book a call", target=jsonld.node("EntryPoint", urlTemplate=site.booking_url)
        )
    if policy:
        publisher["publishingPrinciples"] = absolute_url(policy.get_absolute_url())
    return publisher


def _with_site(node: jsonld.Node, publisher: jsonld.Node, image: ShareImage) -> jsonld.Node:
    """Add publisher, image and language to a post, and the provider to a service."""
    if node["@type"] == "Service":
        return node | {"provider": {"@id": publisher["@id"]}}
    if node["@type"] != "BlogPosting":
        return node
    added = {"publisher": {"@id": publisher["@id"]}, "image": {"@id": image.url}, "inLanguage": get_language()}
    if "publishingPrinciples" in publisher:
        added["publishingPrinciples"] = publisher["publishingPrinciples"]
    return node | added
