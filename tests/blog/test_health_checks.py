"""The checklist asks for what a post about health needs: one disclaimer, red flags, what is known and unknown."""

from typing import Any

import pytest
from django.test import Client

from blog.checklist import findings
from blog.models import Post, PostTemplate, Snippet
from evidence.models import Disclaimer
from richtext.sanitizer import sanitize
from tests.example_site import get_page
from tests.factories import make_post

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def messages(post: Post, check: str) -> list[str]:
    return [finding.message for finding in findings(post.snapshot()) if finding.check.id == check]


def make_guide(body: str, **fields: Any) -> Post:
    template = PostTemplate.objects.create(name="Injury guide", body="<p>x</p>", **fields)
    return make_post(body=sanitize(body), template=template)


def test_red_flags_are_required_for_the_chosen_kinds_only() -> None:
    assert not messages(make_post(), "red_flags")
    guide = make_guide("<p>Bend.</p>", requires_red_flags=True)
    assert messages(guide, "red_flags") == [
        "Add a “Red flags” callout that says when to see a professional. “Injury guide” posts need one."
    ]
    guide.body = sanitize('<aside data-callout="red-flags"><p>Numb foot</p></aside>')
    assert not messages(guide, "red_flags")
    snippet = Snippet.objects.create(name="Flags", body='<aside data-callout="red-flags"><p>Numb foot</p></aside>')
    guide.body = sanitize(f'<p>Bend.</p><div data-embed="snippet" data-id="{snippet.pk}"></div>')
    assert not messages(guide, "red_flags")


@pytest.mark.parametrize(
    ("lines", "missing"),
    [
        ("<p>Benefits: less pain. Risks: a sore day. Alternatives: rest.</p>", ""),
        ("<p><strong>Benefits:</strong> …</p><p>Risks and alternatives: few.</p>", "benefits"),
        ("<p>It helps.</p>", "benefits, risks and alternatives"),
    ],
)
def test_what_is_known_names_benefits_risks_and_alternatives(lines: str, missing: str) -> None:
    guide = make_guide(f'<aside data-callout="what-we-know">{lines}</aside>', requires_evidence_summary=True)
    expected = [f"Add the {missing} to “What we know and what we don’t”."] if missing else []
    assert messages(guide, "evidence_summary") == expected


def test_a_missing_block_about_the_evidence_is_found() -> None:
    guide = make_guide("<p>Bend.</p>", requires_evidence_summary=True)
    assert messages(guide, "evidence_summary") == [
        "Add a “What we know and what we don’t” callout. “Injury guide” posts need one."
    ]


def test_a_typed_disclaimer_can_be_removed_with_one_click() -> None:
    post = make_post(body="<p>Bend.</p><p>Disclaimer: this is not medical advice.</p>")
    (found,) = [finding for finding in findings(post.snapshot()) if finding.check.id == "disclaimer"]
    assert found.message.startswith("Remove the typed disclaimer “This is not medical advice.”")
    assert found.action == "remove-typed-disclaimer"
    post.body = "<p>Disclaimer: not medical advice. I earn a commission.</p>"
    (found,) = [finding for finding in findings(post.snapshot()) if finding.check.id == "disclaimer"]
    assert (found.message[:4], found.action) == ("Take", "")


def test_a_site_without_a_default_disclaimer_is_found() -> None:
    post = make_post()
    assert not messages(post, "disclaimer")
    Disclaimer.objects.all().delete()
    assert messages(post, "disclaimer") == ["Write the default disclaimer. Every post about health shows it."]


def test_a_new_post_from_a_template_has_its_kind(admin_client: Client) -> None:
    template = PostTemplate.objects.create(name="Injury guide", body="<p>x</p>")
    page = get_page(admin_client, f"/admin/blog/post/add/?template={template.pk}")
    assert page.xpath("//select[@name='template']/option[@selected]/text()") == ["Injury guide"]
