"""Update the index on model signals, so that the apps below need not know about search.

A receiver runs in the transaction of the save, so the entry is committed or rolled back with the change. Writes
without signals, such as `bulk_create`, are found by `index_missing`.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save

from blog.models import Category, Post, Tag, TaggedPost
from search.indexing import index_documents, index_taxonomy, remove_entries
from search.sources import SOURCES, Source


def connect() -> None:
    """Connect the receivers to all sources, and to the categories and tags of posts."""
    for source in SOURCES:
        post_save.connect(_document_saved, sender=source.model)
        post_delete.connect(_document_deleted, sender=source.model)
    for through in (Post.categories.through, TaggedPost):
        m2m_changed.connect(_taxonomy_assigned, sender=through)
    for model in (Category, Tag):
        pre_save.connect(_taxonomy_changing, sender=model)
        pre_delete.connect(_taxonomy_changing, sender=model)
        post_save.connect(_taxonomy_changed, sender=model)
        post_delete.connect(_taxonomy_changed, sender=model)


def _document_saved(sender: Any, instance: Any, update_fields: frozenset[str] | None, **kwargs: Any) -> None:
    # Saving only fields outside the snapshot, such as `trashed_at`, changes no text. Models without a snapshot may
    # have text in any field.
    text_fields = set(getattr(instance, "snapshot_fields", update_fields or ()))
    if update_fields is None or update_fields & text_fields:
        index_documents(_source_for(sender), [instance.pk])


def _document_deleted(sender: Any, instance: Any, **kwargs: Any) -> None:
    remove_entries(_source_for(sender), [instance.pk])


def _source_for(model: Any) -> Source:
    return next(source for source in SOURCES if source.model is model)


def _taxonomy_assigned(action: str, instance: Any, reverse: bool, pk_set: set[int] | None, **kwargs: Any) -> None:
    """Update the posts whose categories or tags were set from either side of the relation."""
    if reverse and action == "pre_clear":
        instance.posts_to_index = list(_posts_with(instance))
    elif action.startswith("post_"):
        posts = (pk_set or instance.posts_to_index) if reverse else [instance.pk]
        index_taxonomy(posts)


def _taxonomy_changing(instance: Any, **kwargs: Any) -> None:
    """Remember the posts of a category or tag that is about to be renamed, moved or deleted."""
    saved = type(instance).objects.filter(pk=instance.pk).first()
    # Only pre_save passes `update_fields`; a deletion always changes the entries.
    is_unchanged = "update_fields" in kwargs and saved and _indexed_values(saved) == _indexed_values(instance)
    instance.posts_to_index = [] if saved is None or is_unchanged else list(_posts_with(saved))


def _taxonomy_changed(instance: Any, **kwargs: Any) -> None:
    if instance.posts_to_index:
        index_taxonomy(instance.posts_to_index)


def _indexed_values(instance: Any) -> tuple[Any, ...]:
    return (instance.name, instance.slug, getattr(instance, "parent_id", None))


def _posts_with(instance: Category | Tag) -> Iterable[int]:
    if isinstance(instance, Tag):
        return TaggedPost.objects.filter(tag=instance).values_list("content_object", flat=True)
    return Post.objects.in_category(instance).values_list("pk", flat=True)
