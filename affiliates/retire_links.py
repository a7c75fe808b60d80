"""Taking links out of use: another one stands in their place in every text at once, and each text's history says so."""

from collections.abc import Iterable

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model

from accounts.models import User
from affiliates.models import Link
from affiliates.references import Use


def retire(links: Iterable[Link], into: Link | None, user: User) -> list[Model]:
    """Retire `links`, for readers to get `into` in their place, or the words alone.

    All or none: ValidationError if `into` is out of use itself by now. Gives the texts to look over
    again; the history of each has a line by `user` for every link.
    """
    changed: dict[tuple[type[Model], object], Model] = {}
    links = list(links)
    with transaction.atomic():
        # Somebody else may retire one of them into another at this moment, and links would turn in a circle.
        keys = [link.pk for link in (*links, into) if link]
        locked = {link.pk: link for link in Link.objects.select_for_update().filter(pk__in=keys).order_by("pk")}
        into = locked[into.pk] if into else None
        if into and (into.is_retired or into in links):
            raise ValidationError(f"“{into}” cannot stand in the place of these. Choose another one.")
        for link in (locked[link.pk] for link in links):
            holders = Use.objects.of(link).holders()
            link.retire(into)
            said = f"“{into}” stands in its place" if into else "Its words stand there without a link"
            LogEntry.objects.bulk_create(
                LogEntry(
                    user_id=user.pk,
                    content_type=ContentType.objects.get_for_model(holder),
                    object_id=str(holder.pk),
                    object_repr=str(holder)[:200],
                    action_flag=CHANGE,
                    change_message=f"The link “{link}” was retired. {said}: read whether the text still fits.",
                )
                for holder in holders
            )
            changed |= {(type(holder), holder.pk): holder for holder in holders}
    return list(changed.values())
