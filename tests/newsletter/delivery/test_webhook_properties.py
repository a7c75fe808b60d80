"""Whatever a provider sends to the webhook, it is read or refused, and never an error of the site."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.models import Delivery
from tests.factories import make_subscriber
from tests.newsletter.delivery.provider_events import bounce, complaint, delivered, make_sent_delivery, post_event

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("postmark")]
fuzz = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])

_TIMES = st.sampled_from(
    [
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "2026-13-45T00:00:00Z",
        "2026-06-01",
        "2026-06-01T10:00:00",
        "2026-06-01T10:00:00+99:99",
        "now",
    ]
)
_TEXTS = (
    st.text(max_size=30) | st.sampled_from(["\x00", "a\x00@example.org", "x" * 3000, "Transient", "\ud800"]) | _TIMES
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_NAMES = st.sampled_from(
    ["RecordType", "MessageID", "Type", "TypeCode", "ID", "Email", "Recipient", "Metadata", "BouncedAt", "DeliveredAt"]
    + ["ReceivedAt", "ChangedAt", "SuppressSending", "SuppressionReason", "Tag", "Details", "Description"]
)
_EVENTS = st.sampled_from(["Bounce", "SpamComplaint", "Delivery", "Open", "Click", "SubscriptionChange", "Inbound", ""])


@pytest.fixture
def sent(postmark: None) -> Delivery:
    return make_sent_delivery(make_subscriber())


@fuzz
@given(
    st.sampled_from([delivered, complaint, bounce]),
    st.dictionaries(_NAMES, _VALUES, max_size=3) | st.builds(lambda kind: {"RecordType": kind}, _EVENTS),
)
def test_any_fields_of_an_event(sent: Delivery, make_event: Any, fields: dict[str, Any]) -> None:
    assert post_event(make_event(sent) | fields) in (200, 400)


@fuzz
@given(_VALUES)
def test_any_json(value: Any) -> None:
    assert post_event(value) in (200, 400)


@fuzz
@given(st.binary(max_size=60))
def test_any_bytes(content: bytes) -> None:
    assert post_event(content) in (200, 400)
