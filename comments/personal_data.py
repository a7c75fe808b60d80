"""What comments store about people."""

from django.db.models import Exists, OuterRef, QuerySet

from comments.models import SPAM_RETENTION, TRASH_RETENTION, Comment, CommentSettings, Discussion
from privacy.registry import PersonalData, Retention, register


def erase_comments(rows: QuerySet[Comment]) -> None:
    """Delete the comments. One with answers stays as a mark that something was removed, without text or name."""
    answers = Comment.objects.filter(parent=OuterRef("pk"))
    answered = list(rows.filter(Exists(answers)).values_list("pk", flat=True))
    rows.exclude(pk__in=answered).delete()
    blank = dict.fromkeys(("name", "email", "website", "body", "held_because", "last_error"), "")
    Comment.objects.filter(pk__in=answered).update(**blank, author=None, next_attempt_at=None)


register.add(
    PersonalData(
        model=Comment,
        title="Comments",
        category="Comments you write",
        fields={
            "name": "the name you enter, which is shown with your comment",
            "email": "your email address, if you give it, which is never shown",
            "website": "your website, if you give it, which is shown",
            "body": "your comment, with any health information you choose to include",
            "author": "the author who wrote the answer",
        },
        other_fields="id message_uuid sent_at attempts next_attempt_at last_error discussion parent status submission"
        " posted_at moderated_at held_because imported_id imported_parent_id",
        mentions="body held_because last_error",
        purpose="To show your comment once it is approved, and to recognize spam without asking another service.",
        source="You, through the form below a text, or the site that we moved from.",
        find=lambda person: person.rows(Comment.objects.all()),
        erase=erase_comments,
        erasing="Deleted. A comment with answers stays without its name and text.",
        retention=(
            Retention(
                "it was marked as spam",
                SPAM_RETENTION,
                Comment.objects.delete_expired,
                "old spam and trashed comments",
                what="spam",
            ),
        ),
        period=f"{TRASH_RETENTION.days} days in the trash; all others until you or we delete them",
        recipients=("mail", "backups"),
    )
)
register.add_impersonal(Discussion, "", "Whether a text accepts comments.")
register.add_impersonal(CommentSettings, "spam_words", "Settings.")
