"""Find tags by name, as `fold` sees it, so that “Épaule” and “épaule” are one tag."""

from collections.abc import Iterable
from typing import Any

from taggit.managers import _TaggableManager

from plaintext.folding import fold

MAX_KEY_LENGTH = 300


def tag_key(name: str) -> str:
    """Return what all spellings of a tag's name have in common."""
    return (" ".join(fold(name).split()) or name)[:MAX_KEY_LENGTH]


class FoldingTaggableManager(_TaggableManager):
    """The tags of a post. Names that differ only in what `fold` ignores are the same tag."""

    def _to_tag_model_instances(self, tags: Iterable[Any], tag_kwargs: dict[str, Any]) -> list[Any]:
        model = self.through.tag_model()
        names = {tag_key(tag): tag for tag in reversed(list(tags)) if isinstance(tag, str)}
        existing = {tag.key: tag for tag in model.objects.filter(key__in=names)}
        for key in names.keys() - existing.keys():
            existing[key] = model.objects.get_or_create(key=key, defaults={"name": names[key]})[0]
        found = [existing[tag_key(tag)] if isinstance(tag, str) else tag for tag in tags]
        return list(dict.fromkeys(found))
