"""Compare what the site acknowledged with what it has."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.cluster import content
from benchmarks.cluster.ledger import Ledger


@dataclass
class Outcome:
    """What was acknowledged, lost and duplicated, by kind, and what became of the campaign."""

    acknowledged: dict[str, int]
    lost: dict[str, list[str]] = field(default_factory=dict)
    duplicated: dict[str, list[str]] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    emails: int = 0
    uncounted_clicks: int = 0

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost and nobody was mailed twice."""
        return not any(self.lost.values()) and not any(self.duplicated.values())


def read_mail_log(path: Path) -> list[dict[str, str]]:
    """Return the emails that the mail server accepted."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def verify(ledger: Ledger, mail_log: Path) -> Outcome:
    """Return what was lost or duplicated."""
    writes = ledger.acknowledged
    outcome = Outcome({kind: len(what) for kind, what in sorted(writes.items())})
    _verify_posts(outcome, writes["saved post"])
    messages, subscribers = content.contact_messages(), content.subscribers()
    outcome.lost["contact message"] = [each for each in writes["contact message"] if not messages[each]]
    outcome.duplicated["contact message"] = [subject for subject, count in messages.items() if count > 1]
    outcome.lost["newsletter sign-up"] = [each for each in writes["newsletter sign-up"] if each not in subscribers]
    outcome.lost["confirmation"] = [each for each in writes["confirmation"] if subscribers.get(each) != "active"]
    missing = content.missing_uploads(list(map(int, writes["uploaded image"])))
    outcome.lost["uploaded image"] = list(map(str, missing))
    outcome.uncounted_clicks = max(0, len(writes["click"]) - content.clicks())
    _verify_emails(outcome, mail_log)
    return outcome


def _verify_posts(outcome: Outcome, saves: list[str]) -> None:
    """Check that posts have the number they were last saved with, or a later one whose response was lost."""
    titles = content.titles()
    last = {path: int(number) for path, number in (save.split() for save in saves)}
    outcome.lost["saved post"] = [
        f"{path} {number}" for path, number in last.items() if int(titles[path].rpartition(" ")[2]) < number
    ]


def _verify_emails(outcome: Outcome, mail_log: Path) -> None:
    deliveries = content.campaign_deliveries()
    accepted = Counter(email["id"] for email in read_mail_log(mail_log))
    campaign = {message_id: count for message_id, count in accepted.items() if message_id in deliveries}
    outcome.emails = len(campaign)
    outcome.statuses = dict(Counter(deliveries.values()))
    outcome.lost["campaign email"] = [
        message_id for message_id, status in deliveries.items() if status == "sent" and message_id not in campaign
    ]
    outcome.duplicated["campaign email"] = [message_id for message_id, count in campaign.items() if count > 1]
    others = {message_id: count for message_id, count in accepted.items() if message_id not in deliveries}
    outcome.duplicated["other email"] = [message_id for message_id, count in others.items() if count > 1]
