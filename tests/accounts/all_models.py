"""A row of every model that the admin shows."""

from datetime import date
from uuid import uuid4

from django.contrib import admin
from django.utils import timezone

from accounts.models import AuditEvent, User
from ads.models import Ad
from affiliates.models import Comparison, Earning, Program, ShopPage, Sponsorship
from backups.models import Backup
from blog.models import Post, PostTemplate, PublishingRules
from comments.models import Comment, CommentSettings, Discussion
from contact.models import ContactSettings, Message, Reply
from evidence.models import EvidenceSettings, Source, Term
from feedback.models import Suggestion
from images.models import MediaFile, SiteImages, Video
from instagram.models import InstagramPost, InstagramSettings
from layout.models import Block
from newsletter.models import ConsentText, NewsletterSettings, Sequence, Suppression, Topic
from pages.models import Page
from publishing.models import ReviewSettings
from redirects.models import NotFoundLog, Redirect
from site_export.models import SiteExport
from siteinfo.models import Appearance
from tests.example_site import make_example_site
from tests.factories import make_campaign, make_image, make_subscriber
from tests.publishing.reviews import make_review
from wordpress.models import ImportedMenu, ImportRun

SINGLETONS = (
    Appearance,
    CommentSettings,
    ContactSettings,
    EvidenceSettings,
    InstagramSettings,
    NewsletterSettings,
    PublishingRules,
    ReviewSettings,
    ShopPage,
    SiteImages,
)


def make_all_models() -> None:
    """Create the example site, and a row of every other model with an admin."""
    post = make_example_site()
    for document in (*Post.objects.all(), *Page.objects.all()):
        document.revisions.create(data=document.snapshot())
    User.objects.create_user("someone@example.com", name="Someone")
    AuditEvent.objects.record("changed")
    _make_business_models(post)
    message = Message.objects.create(
        name="Sam", email="sam@example.org", subject="Hello", body="Words", submission=uuid4()
    )
    Reply.objects.create(message=message, body="Words")
    Comment.objects.create(discussion=Discussion.objects.create(post=post), name="Sam", body="<p>Words</p>")
    Suggestion.objects.create(post=post, words="A typo", kind=Suggestion.Kind.values[0], submission=uuid4())
    Source.objects.create(title="Walking and backs", year=2001)
    Term.objects.create(name="Tendon", meaning="It ties a muscle to a bone.")
    make_review(post)
    post.changes.create(text="A new section.")
    MediaFile.objects.create(
        file="files/plan.pdf", name="plan.pdf", content_type="application/pdf", size=1, digest="0" * 64
    )
    Video.objects.create(provider="vimeo", key="12345678", title="Stairs")
    InstagramPost.objects.create(image=make_image())
    Sequence.objects.create(name="Ankles").emails.create(subject="Day 0")
    Block.objects.create(area="sidebar", block_type="heading", title="More")
    PostTemplate.objects.create(name="Review")
    Backup.objects.create(name="backup", started_at=timezone.now(), active_at=timezone.now())
    Redirect.objects.create(old_path="/old", target="/new/")
    NotFoundLog.objects.create(path="/gone")
    ImportRun.objects.create()
    for singleton in SINGLETONS:
        singleton.objects.create()
    empty = [model._meta.label for model in admin.site._registry if not model._default_manager.exists()]
    assert empty == []


def _make_business_models(post: Post) -> None:
    Ad.objects.create(name="Ad", text="Read this", url="https://example.org/")
    Comparison.objects.create(title="Bands")
    Earning.objects.create(
        program=Program.objects.amazon(), day=date(2026, 1, 1), amount=10, currency="USD", line="0" * 64
    )
    Sponsorship.objects.create(brand="Maker", kind=Sponsorship.Kind.values[0])
    make_campaign(status="draft")
    make_subscriber()
    ConsentText.objects.create(key="confirm", version=1, text="Yes")
    Suppression.objects.create(email_hash="0" * 64, reason="manual")
    Topic.objects.create(name="Posts", slug="posts")
    SiteExport.objects.create(status="failed")
    ImportedMenu.objects.create(site="old.example", slug="main", name="Main")
