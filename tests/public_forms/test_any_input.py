"""Whatever is typed into a public form, the answer is a page: thanks, or the form with a reason."""

from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blog.models import Post
from public_forms.forms import issue_token
from public_forms.models import RateLimitCounter
from tests.comments.factories import turn_on
from tests.factories import make_post

pytestmark = pytest.mark.django_db
fuzz = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])

# Each form's path, purpose and fields.
FORMS = {
    "/contact/": ("contact", ("name", "email", "subject", "body")),
    "/newsletter/": ("signup", ("email", "location")),
    "/comments/write/knees/": ("comments", ("name", "email", "website", "body", "reply")),
    "/feedback/knees/missing/": ("feedback", ("words", "name", "email")),
    "/feedback/knees/": ("feedback", ("passage", "words", "name", "email", "source")),
}
_TEXTS = (
    st.text(max_size=40)
    | st.emails()
    | st.sampled_from(
        ["", " ", "\x00", "a\r\nBcc: all@example.org", "\u202eknee", "ana@example.org\u200b", "@", "a@b", "x" * 5000]
        + ["<script>", "-1", "9" * 30, "https://[", "javascript:alert(1)", "ana@example.org", "Words.", "ana@xn--.org"]
        + ["\ud7ff", "\U0010ffff", "e\u0301" * 200, "=1+1", "%s", "{{ 1 }}", "ana@exa\u00admple.org", "\u2028"]
    )
)


@pytest.fixture
def post(db: None) -> Post:
    turn_on()
    return make_post(slug="knees")


@fuzz
@given(st.sampled_from(sorted(FORMS)), st.data())
def test_any_input_gets_an_answer(client: Client, post: Post, path: str, data: st.DataObject) -> None:
    purpose, names = FORMS[path]
    RateLimitCounter.objects.all().delete()
    texts = st.fixed_dictionaries({}, optional=dict.fromkeys(names, _TEXTS))
    form: dict[str, Any] = data.draw(texts)
    token = data.draw(st.just(issue_token(purpose, age=60)) | _TEXTS)
    response = client.post(path, form | {"token": token}, headers={"origin": "http://testserver"})
    assert response.status_code in {200, 303, 400, 403, 429}, response.status_code
