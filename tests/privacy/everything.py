"""A person with data in every app."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from accounts.models import AccountEmail, AuditEvent, ProfileLink, Qualification, User
from analytics.models import WeeklyEmail, WeeklyEmailSetting
from comments.models import Comment, Discussion
from contact.models import Message, Reply
from feedback.models import Suggestion
from newsletter.models import ConsentText, Sequence, Subscriber, TestEmail, Topic
from privacy.registry import register
from publishing.models import Autosave, PendingEdit, Review, ReviewNote, Submission
from redirects.models import NotFoundLog
from tests.accounts.staff import sign_in
from tests.factories import make_author, make_campaign, make_delivery, make_image, make_post, make_subscriber
from wordpress.models import ImportedObject, ImportRun

# As people type it, in different ways.
TYPED = "Zoe.Example+news@Example.ORG"
EMAIL = "zoe.example+news@example.org"


def make_everything() -> User:
    """Create rows of every model with personal data for one person, who also works on the site, as an author."""
    user = User.objects.create_user(EMAIL, "a password for tests", name="Zoë", role="author", is_staff=True)
    sign_in(user)
    _make_visitor_data()
    _make_subscriber_data()
    _make_staff_data(user)
    kinds = {"fingerprint", "visitor"}  # of no one
    empty = [
        entry.title
        for entry in register.ordered()
        if not kinds & entry.fields.keys() and not entry.model._base_manager.exists()
    ]
    assert empty == []
    return user


def _make_visitor_data() -> None:
    message = Message.objects.create(
        name="Zoë", email=TYPED, subject="Knee", body=f"Call me or write to {TYPED}", submission=uuid4()
    )
    Reply.objects.create(message=message, body="> Call me", last_error=f"550 <{EMAIL}> is unknown")
    suggestion = {"kind": Suggestion.Kind.values[0], "submission": uuid4()}
    Suggestion.objects.create(post=make_post(), words="A typo", email=TYPED.upper(), name="Zoë", **suggestion)
    comment = {"name": "Zoë", "email": TYPED, "website": f"https://example.com/?{EMAIL}", "body": f"<p>{TYPED}</p>"}
    Comment.objects.create(discussion=Discussion.objects.create(post=make_post()), **comment)
    Message.objects.create(
        name="Sam", email="sam@example.com", subject="Hi", body=f"{EMAIL} sent me", submission=uuid4()
    )
    NotFoundLog.objects.create(path=f"/leave/{EMAIL}")
    ImportedObject.objects.create(site="old", kind=ImportedObject.Kind.AUTHOR, key=TYPED, object_id=1)


def _make_subscriber_data() -> Subscriber:
    subscriber = make_subscriber(email=TYPED, name="Zoë", status="pending")
    topic = Topic.objects.create(name="Posts", slug="posts")
    text = ConsentText.objects.get_or_create_version("signup", "Words")
    subscriber.request_confirmation(ip_address="192.0.2.7", user_agent="Browser", page_path="/", consent_text=text)
    subscriber.subscriptions.create(topic=topic)
    subscriber.unsubscribe()
    sequence = Sequence.objects.create(name="Ankles", status="active", activated_at=timezone.now())
    subscriber.confirm()
    subscriber.enrollments.update(last_email=sequence.emails.create(subject="Day 0"))
    campaign = make_campaign()
    recipient: Any = {"subscriber": subscriber, "to_email": TYPED, "email_hash": subscriber.email_hash}
    make_delivery(**recipient, campaign=campaign, status="failed", error=f"550 {TYPED}")
    make_delivery(**recipient, status="pending")
    TestEmail.objects.create(campaign=campaign, to_email=TYPED, subject="Test")
    make_subscriber(email="sam@example.com").unsubscribe()
    return subscriber


def _make_staff_data(user: User) -> None:
    author = make_author(user=user, name="Zoë Example", slug="zoe-example", portrait=make_image(), short_bio=EMAIL)
    Qualification.objects.create(author=author, name="PT")
    ProfileLink.objects.create(author=author, label="Register", url="https://example.com/zoe")
    post = make_post(author=author)
    post.revisions.create(data=post.snapshot(), user=user)
    PendingEdit.objects.create(document=post, data={}, user=user)
    Autosave.objects.create(document=post, data={"title": EMAIL}, user=user, key=uuid4(), base_version=1)
    Submission.objects.create(document=post, user=user)
    ReviewNote.objects.create(document=post, user=user, text=f"Ask {EMAIL}")
    Review.objects.create(document=post, user=user, outcome="approved", text=f"Ask {EMAIL}")
    post.changes.create(user=user, text="A new section.")
    ImportRun.objects.create(requested_by=user)
    AccountEmail.objects.create(email=EMAIL, kind="reset")
    WeeklyEmail.objects.create(user=user, monday=timezone.localdate(), subject="Your week", body="Hello Zoë")
    WeeklyEmailSetting.objects.create(user=user, is_on=False)
    Authenticator.objects.create(user=user, type="totp", data={"secret": "SECRET"})
    UserSession.objects.create(user=user, ip="203.0.113.0", user_agent="Firefox", session_key="key")
    AuditEvent.objects.record("password", user=user, subject=EMAIL)
    LogEntry.objects.create(
        user=User.objects.create_superuser("boss@example.com"),
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(user.pk),
        object_repr=EMAIL,
        action_flag=CHANGE,
        action_time=timezone.now() - timedelta(days=1),
    )
    LogEntry.objects.create(user=user, action_flag=CHANGE, object_repr="post")
