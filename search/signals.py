"""Hears of every change through Django's own signals, so that no room below has to know that it is searched.

A receiver runs in the transaction of the save: the entry is kept or lost together with the change. What sends no
signals (bulk_create) is found by `index_missing`.
"""

from typing import Any

from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save

from blog.models import Category, Post, Tag, TaggedPost
from search.indexing import forget, index, index_places
from search.sources import SOURCES


def connect() -> None:
    """Listen to documents, and to what posts are named after."""
    for source in SOURCES:
        post_save.connect(_saved, sender=source.model)
        post_delete.connect(_deleted, sender=source.model)
    for places in (Post.categories.through, TaggedPost):
        m2m_changed.connect(_placed, sender=places)
    for name in (Category, Tag):
        pre_save.connect(_before, sender=name)
        pre_delete.connect(_before, sender=name)
        post_save.connect(_after, sender=name)
        post_delete.connect(_after, sender=name)


def _saved(sender: Any, instance: Any, update_fields: frozenset[str] | None, **kwargs: Any) -> None:
    # A change of the state alone, as by the trash, leaves the words as they are.
    # Of what has no states, every change may be one of words.
    if update_fields is None or update_fields & set(getattr(instance, "snapshot_fields", update_fields)):
        index(_source(sender), [instance.pk])


def _deleted(sender: Any, instance: Any, **kwargs: Any) -> None:
    forget(_source(sender), [instance.pk])


def _source(model: Any) -> Any:
    return next(source for source in SOURCES if source.model is model)


def _placed(action: str, instance: Any, reverse: bool, pk_set: set[int] | None, **kwargs: Any) -> None:
    if reverse and action == "pre_clear":
        instance.posts_to_index = list(_posts_of(instance))
    elif action.startswith("post_"):
        posts = (pk_set or instance.posts_to_index) if reverse else [instance.pk]
        index_places(posts)


def _before(instance: Any, **kwargs: Any) -> None:
    """Remember whose words a new name, a move or a deletion will change."""
    # Only the signal before a save brings `update_fields`; a deletion always changes words.
    now = type(instance).objects.filter(pk=instance.pk).first()
    is_same = "update_fields" in kwargs and now and _name(now) == _name(instance)
    instance.posts_to_index = [] if now is None or is_same else list(_posts_of(now))


def _after(instance: Any, **kwargs: Any) -> None:
    if instance.posts_to_index:
        index_places(instance.posts_to_index)


def _name(instance: Any) -> tuple[Any, ...]:
    return (instance.name, instance.slug, getattr(instance, "parent_id", None))


def _posts_of(instance: Category | Tag) -> Any:
    if isinstance(instance, Tag):
        return TaggedPost.objects.filter(tag=instance).values_list("content_object", flat=True)
    return Post.objects.in_category(instance).values_list("pk", flat=True)
