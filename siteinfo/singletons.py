"""Settings that have exactly one row."""

from typing import Self

from solo.models import SingletonModel


class Singleton(SingletonModel):
    """A model with at most one row, which the author edits in the admin."""

    class Meta:
        abstract = True

    @classmethod
    def load(cls) -> Self:
        """Return the row, or an unsaved instance with the defaults if there is none. Never writes."""
        return cls._default_manager.first() or cls()
