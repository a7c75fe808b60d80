"""The content of the site, and the questions about it after the load. Needs configured settings."""

from collections import Counter
from typing import Any

PASSWORD = "a-password-of-the-benchmark"  # noqa: S105
OWNERS = 2
EDITORS = 60
POSTS = 12
LINK = "foam-roller"


def prepare(campaign_size: int, emails_per_second: int) -> None:
    """Create the database, users, posts, an affiliate link, and a campaign that is being sent."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    _create_users()
    _create_posts()
    _create_link()
    _create_campaign(campaign_size, emails_per_second)


def _create_users() -> None:
    from django.contrib.auth.hashers import make_password

    from accounts.models import User
    from accounts.roles import Role

    password = make_password(PASSWORD)
    for number in range(OWNERS + EDITORS):
        is_owner = number < OWNERS
        user = User(email=f"{'owner' if is_owner else 'editor'}-{number}@example.org", password=password)
        user.set_role(Role.OWNER if is_owner else Role.EDITOR)
        user.save()


def _create_posts() -> None:
    from django.utils import timezone

    from accounts.models import Author
    from blog.models import Category, Post
    from tests.factories import make_image

    author = Author.objects.create(name="Robin", slug="robin")
    category = Category.objects.create(name="Knees", slug="knees")
    for number in range(POSTS):
        post = Post.objects.create(
            title=f"Post {number} Numbered 0",
            slug=f"post-{number}",
            body="<p>Some words about knees.</p>" * 20,
            author=author,
            featured_image=make_image(width=330, height=220, color=f"hsl({number * 25}, 50%, 50%)"),
            status=Post.Status.PUBLISHED,
            published_at=timezone.now(),
        )
        post.set_categories([category])


def _create_link() -> None:
    from affiliates.models import Link, Program

    program = Program.objects.create(name="Shop", allows_redirect=True)
    Link.objects.create(
        program=program, name="Foam roller", slug=LINK, destination="https://shop.example.org/foam-roller"
    )


def _create_campaign(size: int, emails_per_second: int) -> None:
    from newsletter.models import Topic
    from tests.newsletter.delivery.harness import make_newsletter_settings, make_sending_campaign

    Topic.objects.for_new_subscribers()
    settings = make_newsletter_settings(
        # An email that may have been sent is held for the owner, so that nobody gets it twice.
        uncertain_policy="hold",
        batch_size=20,
        max_per_second=emails_per_second,
        max_signups_per_hour=1_000_000,
    )
    make_sending_campaign(size, settings)


def post_numbers() -> dict[str, int]:
    """Return the primary keys of the posts that are edited, by path."""
    from blog.models import Post

    return {f"/{slug}/": pk for slug, pk in Post.objects.filter(slug__startswith="post-").values_list("slug", "pk")}


def is_campaign_finished() -> bool:
    """Return whether nothing of the campaign is left to send."""
    from newsletter.models import Delivery

    return not Delivery.objects.open().exists()


def waiting_emails() -> int:
    """Return how many confirmation emails and notices have not been sent yet."""
    from contact.models import Message
    from newsletter.models import SubscriberEmail

    return sum(model.objects.due().count() for model in (SubscriberEmail, Message))


def campaign_deliveries() -> dict[str, str]:
    """Return the status of each email of the campaign, by Message-ID."""
    from newsletter.models import Delivery

    return dict(Delivery.objects.values_list("message_id", "status"))


def titles() -> dict[str, str]:
    """Return the titles of the posts by path."""
    from blog.models import Post

    return {f"/{slug}/": title for slug, title in Post.objects.values_list("slug", "title")}


def contact_messages() -> Counter[str]:
    """Return how often each subject was received."""
    from contact.models import Message

    return Counter(Message.objects.values_list("subject", flat=True))


def subscribers() -> dict[str, str]:
    """Return the status of subscribers by email address."""
    from newsletter.models import Subscriber

    return dict(Subscriber.objects.filter(email__startswith="join-").values_list("email", "status"))


def clicks() -> int:
    """Return the number of counted clicks."""
    from django.db.models import Sum

    from affiliates.models import ClickCount

    return ClickCount.objects.aggregate(total=Sum("count"))["total"] or 0


def missing_uploads(image_pks: list[int]) -> list[int]:
    """Return the images that were uploaded but are not in the library, or whose file cannot be read."""
    from images.models import Image

    images: dict[int, Any] = Image.objects.in_bulk(image_pks)
    return [pk for pk in image_pks if pk not in images or not images[pk].file_size]
