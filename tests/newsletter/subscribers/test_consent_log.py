"""The consent log."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from newsletter.models import ConsentEvent, ConsentText, Subscriber
from newsletter.models.consent import AppendOnlyError
from newsletter.tokens import TokenPurpose
from public_forms.forms import issue_token
from siteinfo.models import SiteInfo
from tests.factories import make_subscriber
from tests.newsletter.subscribers.public_pages import SAM, SAME_ORIGIN, token_path, xpath

pytestmark = pytest.mark.django_db


def test_the_log_records_when_where_and_to_which_text_someone_agreed(client: Client) -> None:
    SiteInfo.objects.create(name="Move Better")
    data = {"email": SAM, "location": "footer", "token": issue_token("signup", age=60)}
    headers = SAME_ORIGIN | {"referer": "http://testserver/a-post/?q=secret", "user-agent": "Browser\x00 1"}
    client.post("/newsletter/", data, headers=headers, REMOTE_ADDR="2001:db8::7")
    event = ConsentEvent.objects.get()
    assert (event.kind, event.form, event.page_path) == ("requested", "footer", "/a-post/")
    assert (event.ip_address, event.user_agent) == ("2001:db8::7", "Browser 1")
    assert event.consent_text
    assert (event.consent_text.key, event.consent_text.version) == ("signup", 1)
    shown = xpath(client.get("/").content, "//footer//p[@class='hint']")[0].text_content()
    assert event.consent_text.text in shown
    subscriber = Subscriber.objects.get()
    old = ConsentText.objects.create(key="confirm", version=4, text="Old words")
    ConsentText.objects.create(key="confirm", version=5, text="New words")
    client.post(token_path(subscriber, TokenPurpose.CONFIRM), {"consent_text": str(old.pk)})
    confirmed = ConsentEvent.objects.get(kind="confirmed")
    assert confirmed.consent_text == old  # the version that the page showed
    assert confirmed.token_suffix


def test_entries_cannot_be_changed_or_deleted_and_lose_ip_addresses_in_time() -> None:
    now = timezone.now()
    subscriber = make_subscriber()
    for days, ip_address in ((1, "192.0.2.77"), (91, "192.0.2.77"), (91, "2001:db8:1:2::3"), (1096, "192.0.2.77")):
        ConsentEvent.objects.record(
            "requested",
            subscriber,
            occurred_at=now - timedelta(days=days),
            ip_address=ip_address,
            user_agent="Browser",
        )
    event = ConsentEvent.objects.first()
    assert event
    for change in (event.save, event.delete, ConsentEvent.objects.all().delete, ConsentText.objects.all().delete):
        with pytest.raises(AppendOnlyError):
            change()
    with pytest.raises(AppendOnlyError):
        ConsentEvent.objects.update(kind="confirmed")
    call_command("worker", once=True)
    assert list(ConsentEvent.objects.order_by("-occurred_at", "pk").values_list("ip_address", "user_agent")) == [
        ("192.0.2.77", "Browser"),
        ("192.0.2.0", "Browser"),
        ("2001:db8:1::", "Browser"),
        (None, ""),
    ]
