"""Test that texts do not become public that only members could read."""

import pytest
from django.core.management import call_command
from django.test import Client

from blog.models import Post
from tests.wordpress.exports import Writer, item
from wordpress.members_only import is_members_only
from wordpress.models import ReportRow


@pytest.mark.parametrize(
    "body",
    [
        "Free. [member]Paid words.[/member]",
        '[membership level="1"]Paid words.[/membership]',
        "[s2If current_user_can(access_s2member_level1)]Paid words.[/s2If]",
        '[wlm_private "Gold"]Paid words.[/wlm_private]',
        "[restrict paid=true]Paid words.[/restrict]",
        "<!-- wp:jetpack/paywall /--><!-- wp:paragraph --><p>Paid words.</p><!-- /wp:paragraph -->",
        '<!-- wp:premium-content/container {"id":1} --><p>Paid words.</p><!-- /wp:premium-content/container -->',
    ],
)
@pytest.mark.django_db
def test_a_text_with_a_part_for_members_is_a_draft_and_named(write: Writer, client: Client, body: str) -> None:
    call_command("import_wordpress", write(item(1, body=body)))
    post = Post.objects.get(slug="post-1")
    assert post.status == Post.Status.DRAFT
    assert "Paid words." in post.body
    assert client.get("/post-1/").status_code == 404
    reasons = ReportRow.objects.filter(reason__contains="only members").values_list("reason", flat=True)
    assert len(reasons) == 1


@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        ({"_members_access_role": "subscriber"}, True),
        ({"rcp_subscription_level": 'a:1:{i:0;s:1:"2";}'}, True),
        (
            {"rcp_subscription_level": "a:0:{}", "rcp_user_level": "None", "_jetpack_newsletter_access": "everybody"},
            False,
        ),
        ({"_jetpack_newsletter_access": "paid_subscribers"}, True),
        ({"_edit_last": "1"}, False),
    ],
)
def test_fields_of_membership_plugins_say_who_may_read(meta: dict[str, str], expected: bool) -> None:
    assert is_members_only("Words.", meta) is expected


@pytest.mark.parametrize(
    "body", ["A [private] matter.", "[membership] is open", "[restricted to adults] [b]x[/b]", "[gallery]"]
)
def test_words_in_brackets_restrict_nothing(body: str) -> None:
    assert not is_members_only(body, {})
