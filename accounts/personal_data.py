"""What is stored about people who work on the site."""

from datetime import timedelta

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import (
    AccountEmail,
    AuditEvent,
    Author,
    ProfileLink,
    Qualification,
    User,
    delete_old_account_emails,
)
from privacy.people import Person
from privacy.registry import ErasureError, PersonalData, Retention, register

_WORK = "To sign in and to work on the site."
_OWNER = "An owner of the site."
_PUBLISHED = "To tell readers who wrote or reviewed a text."


def users_of(person: Person) -> QuerySet[User]:
    """Return the person's account, if there is one."""
    return person.rows(User.objects.all())


def _authors_of(person: Person) -> QuerySet[Author]:
    return Author.objects.filter(user__in=users_of(person))


def _erase_users(rows: QuerySet[User]) -> None:
    for user in rows:
        if user.is_only_owner:
            raise ErasureError("This person is the only owner of the site. Make someone else an owner first.")
        user.delete()


def _erase_authors(rows: QuerySet[Author]) -> None:
    for author in rows:
        author.anonymize()


def delete_ended_sessions() -> int:
    """Delete what the list of sessions says about those that have ended. Return how many were deleted."""
    before = timezone.now() - timedelta(seconds=settings.SESSION_COOKIE_AGE)
    return sum(session.purge() for session in UserSession.objects.filter(created_at__lt=before))


register.add(
    PersonalData(
        model=User,
        title="Accounts",
        fields={
            "email": "the email address",
            "name": "the name",
            "password": "a hash of the password",
            "role": "the role",
            "last_login": "the last sign-in",
        },
        other_fields="id is_superuser is_staff is_active joined_at groups user_permissions",
        secrets="password",
        purpose=_WORK,
        source=_OWNER,
        find=users_of,
        erase=_erase_users,
        erasing="Deleted. Texts that the user wrote are kept.",
        period="until an owner deletes the account",
        recipients=("mail", "backups"),
    )
)
register.add(
    PersonalData(
        model=Author,
        title="Profiles of authors and reviewers",
        fields={
            "name": "the name",
            "slug": "the URL",
            "user": "the account",
            "credentials": "the credentials",
            "job_title": "the job title",
            "portrait": "the portrait",
            "short_bio": "the short biography",
            "long_bio": "the biography",
            "expertise": "the fields of expertise",
            "competing_interests": "the competing interests",
        },
        other_fields="id position",
        mentions="short_bio long_bio competing_interests",
        purpose=_PUBLISHED,
        source="The author.",
        find=_authors_of,
        erase=_erase_authors,
        erasing="Anonymized: posts are then by “Former author”. The portrait stays in the image library.",
        period="until an owner deletes the profile",
        recipients=("backups",),
    )
)
register.add(
    PersonalData(
        model=Qualification,
        title="Qualifications of authors",
        fields={"author": "the author", "name": "the qualification", "issuer": "who awarded it", "year": "the year"},
        other_fields="id",
        purpose=_PUBLISHED,
        source="The author.",
        find=lambda person: Qualification.objects.filter(author__in=_authors_of(person)),
        erase=lambda rows: rows.delete(),
        erasing="Deleted.",
        period="as long as the profile",
        recipients=("backups",),
    )
)
register.add(
    PersonalData(
        model=ProfileLink,
        title="Profiles of authors elsewhere",
        fields={"author": "the author", "label": "the name of the page", "url": "its URL"},
        other_fields="id",
        purpose=_PUBLISHED,
        source="The author.",
        find=lambda person: ProfileLink.objects.filter(author__in=_authors_of(person)),
        erase=lambda rows: rows.delete(),
        erasing="Deleted.",
        period="as long as the profile",
        recipients=("backups",),
    )
)
register.add(
    PersonalData(
        model=AccountEmail,
        title="Emails about accounts",
        fields={
            "email": "the email address",
            "user": "the account",
            "kind": "an invitation, a link or a notice",
            "detail": "what a notice says",
        },
        other_fields="id message_uuid sent_at attempts next_attempt_at last_error inviter created_at",
        mentions="last_error detail",
        purpose=_WORK,
        source=_OWNER,
        find=lambda person: AccountEmail.objects.filter(
            Q(user__in=users_of(person)) | Q(pk__in=person.rows(AccountEmail.objects.all()))
        ),
        erase=lambda rows: rows.delete(),
        erasing="Deleted.",
        retention=(
            Retention(
                "the request",
                timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT),
                delete_old_account_emails,
                "expired links to set a password",
            ),
        ),
        recipients=("mail", "backups"),
    )
)
register.add(
    PersonalData(
        model=AuditEvent,
        title="Audit log",
        fields={
            "user": "the account",
            "user_email": "the email address",
            "subject": "what was done",
            "network": "the network, without the last part of the IP address",
        },
        other_fields="id created_at kind",
        mentions="user_email subject",
        purpose="To find out who did what, and to notice attacks.",
        source="The user, in the admin.",
        find=lambda person: AuditEvent.objects.filter(
            Q(user__in=users_of(person)) | Q(pk__in=person.rows(AuditEvent.objects.all(), "user_email"))
        ),
        erase=lambda rows: rows.update(user=None, user_email="", network=""),
        erasing="Kept without name, email address and network.",
        retention=(
            Retention(
                "the event",
                timedelta(days=settings.AUDIT_LOG_DAYS),
                AuditEvent.objects.delete_expired,
                "expired events of the audit log",
            ),
        ),
        recipients=("backups",),
    )
)
register.add(
    PersonalData(
        model=Authenticator,
        title="Second factors",
        fields={
            "user": "the account",
            "type": "a passkey, an authenticator app or recovery codes",
            "data": "the key, and the name of a passkey",
            "last_used_at": "the last use",
        },
        other_fields="id created_at",
        secrets="data",
        purpose="To sign in safely.",
        source="The user, in the admin.",
        find=lambda person: Authenticator.objects.filter(user__in=users_of(person)),
        erase=lambda rows: rows.delete(),
        erasing="Deleted.",
        period="until the user removes it",
        recipients=("backups",),
    )
)
register.add(
    PersonalData(
        model=UserSession,
        title="List of sessions",
        fields={
            "user": "the account",
            "ip": "the network, without the last part of the IP address",
            "user_agent": "the browser",
            "session_key": "the number in the cookie",
        },
        other_fields="id created_at last_seen_at data",
        secrets="session_key",
        purpose="To show users where they are signed in, and to sign out there.",
        source="The browser, when signing in.",
        find=lambda person: UserSession.objects.filter(user__in=users_of(person)),
        erase=lambda rows: rows.delete(),
        erasing="Deleted.",
        retention=(
            Retention(
                "the end of the session",
                timedelta(seconds=settings.SESSION_COOKIE_AGE),
                delete_ended_sessions,
                "ended sessions in the list",
            ),
        ),
        recipients=("backups",),
    )
)
register.add_impersonal(EmailAddress, "user email", "Unused: accounts have one email address.")
register.add_impersonal(EmailConfirmation, "key", "Unused: accounts have one email address.")
