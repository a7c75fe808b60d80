"""What rate limits store about visitors."""

from datetime import timedelta

from privacy.registry import PersonalData, Retention, register
from public_forms.models import RateLimitCounter
from public_forms.ratelimit import delete_expired

register.add(
    PersonalData(
        model=RateLimitCounter,
        title="Rate limits",
        category="Protection against abuse",
        fields={"fingerprint": "a code made from your IP address or email address, which changes every day"},
        other_fields="id day count",
        purpose="To limit how often a form or a password can be tried from the same place.",
        source="Your browser, when you send a form.",
        # The code of today's key cannot be computed without the IP address, and it is gone tomorrow.
        find=lambda person: RateLimitCounter.objects.none(),
        erase=lambda rows: rows.delete(),
        erasing="Deleted the next day. Nobody can tell which counter is whose.",
        retention=(Retention("the day of your visit", timedelta(days=1), delete_expired, "expired rate limits"),),
    )
)
