"""What the contact form stores about people."""

from django.db.models import QuerySet

from contact.models import RETENTION, ContactSettings, Message, Reply
from privacy.people import Person
from privacy.registry import PersonalData, Retention, register

CATEGORY = "Messages you send us"


def _messages(person: Person) -> QuerySet[Message]:
    return person.rows(Message.objects.all())


def _replies(person: Person) -> QuerySet[Reply]:
    return Reply.objects.filter(message__in=_messages(person))


register.add(
    PersonalData(
        model=Message,
        title="Messages from the contact form",
        category=CATEGORY,
        fields={
            "name": "your name",
            "email": "your email address",
            "subject": "the subject",
            "body": "your message, with any health information you choose to include",
        },
        other_fields="id message_uuid sent_at attempts next_attempt_at last_error status submission created_at"
        " handled_at",
        mentions="subject body last_error",
        purpose="To read and answer your message.",
        source="You, through the contact form.",
        find=_messages,
        erase=lambda rows: rows.delete(),
        erasing="Deleted, with the replies.",
        retention=(
            Retention(
                "the message is answered or archived", RETENTION, Message.objects.delete_expired, "old contact messages"
            ),
        ),
        recipients=("mail", "backups"),
    )
)
register.add(
    PersonalData(
        model=Reply,
        title="Replies to messages",
        category=CATEGORY,
        fields={"body": "our reply, which quotes your message", "message": "the message it answers"},
        other_fields="id message_uuid sent_at attempts next_attempt_at last_error author created_at",
        mentions="body last_error",
        purpose="To answer your message, and to know what we answered.",
        source="The people who work on this site.",
        find=_replies,
        erase=lambda rows: rows.delete(),
        erasing="Deleted.",
        period="as long as the message",
        recipients=("mail", "backups"),
    )
)
register.add_impersonal(ContactSettings, "notify_email", "The site's own email address.")
