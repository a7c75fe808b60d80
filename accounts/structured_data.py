"""Structured data about authors (schema.org Person)."""

from collections.abc import Iterable

from accounts.models import Author, Qualification
from images.structured_data import image_object
from siteinfo.structured_data import Node, node
from siteinfo.urls import absolute_url


def person_id(author: Author) -> str:
    """Return the @id of the author's node, which is the same on every page."""
    return f"{absolute_url(author.get_absolute_url())}#person"


def person(author: Author, profiles: Iterable[str] = ()) -> Node:
    """Return a Person node with the fields of `author` and URLs of further `profiles`. Runs no queries."""
    return node(
        "Person",
        id=person_id(author),
        name=author.name,
        honorificSuffix=author.credentials,
        jobTitle=author.job_title,
        description=author.short_bio,
        url=absolute_url(author.get_absolute_url()),
        image=image_object(author.portrait) if author.portrait else None,
        knowsAbout=author.expertise_list,
        sameAs=[*dict.fromkeys(profiles)],
    )


def detailed_person(author: Author) -> Node:
    """Return a Person node with qualifications and profile links, which the caller should prefetch."""
    qualifications = [_credential(qualification) for qualification in author.qualifications.all()]
    details = node("Person", id=person_id(author), hasCredential=qualifications)
    return person(author, profiles=[link.url for link in author.links.all()]) | details


def _credential(qualification: Qualification) -> Node:
    issuer = node("Organization", name=qualification.issuer) if qualification.issuer else None
    return node(
        "EducationalOccupationalCredential",
        name=qualification.name,
        recognizedBy=issuer,
        dateCreated=str(qualification.year or ""),
    )
