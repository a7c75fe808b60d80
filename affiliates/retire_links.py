"""Retire affiliate links, and record it in the history of every text that uses them."""

from collections.abc import Iterable

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model

from accounts.models import User
from affiliates.models import Link
from affiliates.references import references_to_link


def retire(links: Iterable[Link], replacement: Link | None, user: User) -> list[Model]:
    """Retire `links` in favor of `replacement`, or leave their text without a link.

    Retire all of them or none, and add an entry by `user` for each link to the history of the texts that use it. Return
    these texts. Raises ValidationError if `replacement` is retired or among `links`.
    """
    texts: dict[tuple[type[Model], object], Model] = {}
    links = list(links)
    with transaction.atomic():
        # Lock them: a concurrent request could retire one in favor of another and create a loop.
        keys = [link.pk for link in (*links, replacement) if link]
        locked = {link.pk: link for link in Link.objects.select_for_update().filter(pk__in=keys).order_by("pk")}
        replacement = locked[replacement.pk] if replacement else None
        if replacement and (replacement.is_retired or replacement in links):
            raise ValidationError(f"“{replacement}” cannot replace these links. Choose another one.")
        for link in (locked[link.pk] for link in links):
            sources = references_to_link(link).sources()
            link.retire(replacement)
            outcome = f"It was replaced by “{replacement}”" if replacement else "Its text remains, without a link"
            message = f"The link “{link}” was retired. {outcome}. Check that the text still reads well."
            LogEntry.objects.bulk_create(_log_entry(source, user, message) for source in sources)
            texts |= {(type(source), source.pk): source for source in sources}
    return list(texts.values())


def _log_entry(source: Model, user: User, message: str) -> LogEntry:
    return LogEntry(
        user_id=user.pk,
        content_type=ContentType.objects.get_for_model(source),
        object_id=str(source.pk),
        object_repr=str(source)[:200],
        action_flag=CHANGE,
        change_message=message,
    )
