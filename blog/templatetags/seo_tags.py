"""What the head of every page says to machines: the page's own metadata, joined with the facts of the site."""

from django import template
from django.template import Context
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from accounts.structured_data import person
from images.og_images import og_image
from images.structured_data import share_image_node
from siteinfo import structured_data as jsonld
from siteinfo.models import SiteInfo
from siteinfo.seo import PageMeta, ShareImage
from siteinfo.urls import absolute_url

register = template.Library()


@register.simple_tag
def share_picture(meta: PageMeta, site: SiteInfo) -> ShareImage:
    """The picture that other sites show for the page: its own, or one drawn from its title."""
    return meta.image or og_image(meta.title, site.name)


@register.simple_tag(takes_context=True)
def structured_data(context: Context, meta: PageMeta, picture: ShareImage) -> SafeString:
    """The page's graph: the site, who publishes it, the page, the way to it, and what the page is about.

    No query: the site's facts and the author are those that the frame shows anyway.
    """
    site, author, policy = context["site"], context.get("site_author"), context["navigation"].by_role.get("editorial")
    profiles = [link.url for link in site.profiles]
    if author is None or site.published_by == SiteInfo.Publisher.PRACTICE:
        publisher = jsonld.organization(site, profiles)
    else:
        publisher = person(author, profiles)
    if policy:
        publisher["publishingPrinciples"] = absolute_url(policy.get_absolute_url())
    return jsonld.json_ld_script(
        (
            jsonld.website(site, publisher),
            meta.webpage_node(jsonld.website_id(), picture.url),
            share_image_node(picture),
            meta.breadcrumb_node(),
            *(_published(each, publisher, picture) for each in meta.nodes),
            publisher,
        )
    )


def _published(each: jsonld.Node, publisher: jsonld.Node, picture: ShareImage) -> jsonld.Node:
    """A text or service of the page with what it owes to the site; other things as they are."""
    if each["@type"] == "Service":
        return each | {"provider": {"@id": publisher["@id"]}}
    if each["@type"] != "BlogPosting":
        return each
    whole = {"publisher": {"@id": publisher["@id"]}, "image": {"@id": picture.url}, "inLanguage": get_language()}
    principles = {name: publisher[name] for name in ("publishingPrinciples",) if name in publisher}
    return each | whole | principles
