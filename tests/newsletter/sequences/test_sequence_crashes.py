"""A worker that is killed anywhere while it sends a sequence loses no email and sends none twice unnoticed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from newsletter.delivery.results import MAX_UNCERTAIN_ATTEMPTS
from newsletter.models import Campaign, Delivery, Enrollment, Subscriber
from newsletter.sequences import planning
from newsletter.worker import run_round
from ptcomplete.email_settings import mailers
from tests.mail_server import Mailbox, mail_server
from tests.newsletter.delivery.crashing_worker import CRASH_POINTS
from tests.newsletter.delivery.harness import KILLED, DeliveryHarness, make_newsletter_settings
from tests.newsletter.sequences.sequence_rows import confirm_subscribers, make_sequence, pass_time

pytestmark = pytest.mark.django_db(transaction=True)

DAYS = 5
PLANNING = "newsletter.sequences.planning"
# Right before: freezing a text, planning a chunk, saving it, its deliveries, its total, and sending it.
PLANNING_POINTS = (
    "newsletter.sequences.editions:Editions._find_or_create",
    "newsletter.models.campaigns:Campaign.save",
    f"{PLANNING}:_Plan._plan_chunk",
    f"{PLANNING}:_Plan._save",
    "newsletter.models.sequences:EnrollmentQuerySet.bulk_update",
    "newsletter.models.deliveries:DeliveryQuerySet.bulk_create",
    "newsletter.models.deliveries:DeliveryQuerySet.count",
    "newsletter.models.campaigns:CampaignQuerySet.transition",
)


class Killed(BaseException):
    """Stands for a signal that ends the worker."""


@pytest.fixture(scope="module")
def harness_processes(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeliveryHarness]:
    """Return a mail server and workers in other processes."""
    with DeliveryHarness(tmp_path_factory.mktemp("sequences")) as harness:
        yield harness


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["hold", "resend"])
def test_killed_at_every_step(harness_processes: DeliveryHarness, settings: Settings, policy: str) -> None:
    harness = harness_processes
    settings.NEWSLETTER_JOURNAL_DIR = harness.folder / "newsletter"
    settings.MAILERS = mailers(f"smtp://127.0.0.1:{harness.port}")
    make_newsletter_settings(connections=1, uncertain_policy=policy)
    sequence = make_sequence(DAYS)
    subscribers = confirm_subscribers(20)
    points = (*PLANNING_POINTS, *CRASH_POINTS)
    killed = set()
    for day in range(DAYS):
        for index, point in enumerate(points):
            # Each point is reached in the course of the days, at another moment of each day.
            if index % DAYS == day or index % 3 == day % 3:
                killed |= {point} if harness.run_worker(point, 1) == KILLED else set()
        if day == 2:
            subscribers[0].unsubscribe()
            subscribers[1].erase()
        assert harness.run_worker() == 0
        pass_time(days=1)
    assert len(killed & set(PLANNING_POINTS)) >= len(PLANNING_POINTS) - 1, set(points) - killed
    assert len(killed & set(CRASH_POINTS)) >= len(CRASH_POINTS) - 1, set(points) - killed
    editions = Campaign.objects.filter(kind="sequence")
    lost, duplicated, uncertain = (sum(each) for each in zip(*map(harness.count_mistakes, editions), strict=True))
    # An email that was planned for a person who then left is skipped.
    skipped = Delivery.objects.filter(status="skipped").count()
    assert lost == skipped <= 2
    assert duplicated <= (0 if policy == "hold" else 3 * DAYS)
    assert uncertain <= 3 * DAYS
    if policy == "resend":
        # Only what the worker may not send a fourth time.
        assert not Delivery.objects.filter(status="uncertain", attempt__lt=MAX_UNCERTAIN_ATTEMPTS).exists()
    for subscriber in subscribers[2:]:
        assert set(subscriber.deliveries.values_list("sequence_email", flat=True)) == set(
            sequence.emails.values_list("pk", flat=True)
        )
    assert editions.count() == DAYS
    assert Delivery.objects.filter(subscriber=subscribers[0], status="sent").count() <= 3


def send_with_crashes(monkeypatch: pytest.MonkeyPatch, crashes: list[str]) -> None:
    """Run the worker once for each of the functions in `crashes`, ended right before it, then once more."""
    for name in crashes:
        with monkeypatch.context() as patch:

            def crash(*_: object, **__: object) -> None:
                raise Killed

            patch.setattr(planning if "." not in name else planning._Plan, name.rpartition(".")[2], crash)
            with pytest.raises(Killed):
                run_round(lambda: False)
    run_round(lambda: False)


@pytest.mark.parametrize("number", [20, pytest.param(1000, marks=pytest.mark.slow)])
def test_ended_at_every_step_of_planning(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    settings.NEWSLETTER_JOURNAL_DIR = tmp_path / "newsletter"
    make_newsletter_settings(connections=1, batch_size=500)
    mailbox = Mailbox()
    make_sequence(DAYS)
    subscribers = confirm_subscribers(number)
    with mail_server(settings, mailbox):
        for day in range(DAYS):
            send_with_crashes(monkeypatch, ["_Plan._plan_chunk", "_Plan._save", "_Plan._delivery", "_reopen_editions"])
            assert len(mailbox.messages) == number + day * (number - number // 10)
            if day == 0:
                for subscriber in subscribers[: number // 10]:
                    subscriber.unsubscribe()
            pass_time(days=1)
    emails = {
        (recipients[0], message["Subject"])
        for message, (_, recipients) in zip(mailbox.messages, mailbox.envelopes, strict=True)
    }
    assert len(emails) == len(mailbox.messages) == number + (DAYS - 1) * (number - number // 10)
    gone = Subscriber.objects.filter(status="unsubscribed")
    assert Enrollment.objects.filter(subscriber__in=gone, status="unsubscribed").count() == number // 10


def test_two_workers_plan_the_same_subscribers_once(monkeypatch: pytest.MonkeyPatch) -> None:
    make_newsletter_settings()
    make_sequence(DAYS)
    confirm_subscribers(20)
    original = planning._Plan._save
    others: list[int] = []

    def save(self: planning._Plan, *args: object) -> int:
        if not others:
            others.append(0)
            others.append(planning.plan_sequences())
        return original(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(planning._Plan, "_save", save)
    assert planning.plan_sequences() == 0
    assert (others[1], Delivery.objects.count()) == (20, 20)
