"""Authors as machines read them."""

from collections.abc import Iterable

from accounts.models import Author
from images.structured_data import image_object
from siteinfo.structured_data import Node, node
from siteinfo.urls import absolute_url


def person_id(author: Author) -> str:
    """The author's name in the graph, the same on every page."""
    return f"{absolute_url(author.get_absolute_url())}#person"


def person(author: Author, profiles: Iterable[str] = ()) -> Node:
    """An author with photo, training and `profiles` elsewhere. No query: what was not fetched is left out."""
    fetched = getattr(author, "_prefetched_objects_cache", {})
    credentials = [
        node(
            "EducationalOccupationalCredential",
            name=each.name,
            recognizedBy=node("Organization", name=each.issuer) if each.issuer else None,
            dateCreated=str(each.year or ""),
        )
        for each in fetched.get("qualifications", ())
    ]
    return node(
        "Person",
        id=person_id(author),
        name=author.name,
        honorificSuffix=author.credentials,
        jobTitle=author.job_title,
        description=author.short_bio,
        url=absolute_url(author.get_absolute_url()),
        image=image_object(author.photo) if author.photo else None,
        knowsAbout=author.expertise_list,
        hasCredential=credentials,
        sameAs=[*dict.fromkeys((*(link.url for link in fetched.get("links", ())), *profiles))],
    )
