"""Trees of paths: the path of a row starts with its parent's path and ends with its slug."""

from typing import Any, ClassVar
from urllib.parse import unquote

from django.core.exceptions import ValidationError
from django.db import models

from redirects import services


class PathNode(models.Model):
    """Abstract base of rows with a `slug`, an optional `parent`, and the `path` made of both.

    Subclasses declare these three fields.
    """

    # Ends every path.
    path_suffix: ClassVar[str] = ""
    slug: Any
    parent: Any
    path: Any

    class Meta:
        abstract = True

    @property
    def computed_path(self) -> str:
        """The path that follows from the slug and the parent."""
        prefix = f"{self.parent.path.rstrip('/')}/" if self.parent else ""
        return f"{prefix}{self.slug}{self.path_suffix}"

    def subtree_paths(self) -> list[tuple[Any, str]]:
        """Return this row and all rows below its stored path, each with its path after a save. One query."""
        old, new = (f"{path.rstrip('/')}/" for path in (self.path, self.computed_path))
        rows: Any = type(self)._default_manager
        descendants = rows.filter(path__startswith=old).exclude(pk=self.pk) if self.path else ()
        return [(self, self.computed_path), *((row, new + row.path.removeprefix(old)) for row in descendants)]

    def clean(self) -> None:
        """Raise ValidationError if the row is its own ancestor, or a path below it becomes too long."""
        super().clean()
        ancestor = self.parent
        while ancestor is not None:
            if self.pk and ancestor.pk == self.pk:
                label = self._meta.verbose_name
                error = f"A {label} cannot be its own parent or be moved under its own child."
                raise ValidationError({"parent": error})
            ancestor = ancestor.parent
        max_length = type(self)._meta.get_field("path").max_length  # type: ignore[misc]  # declared by subclasses
        for row, path in self.subtree_paths():
            if len(path) > max_length:
                raise ValidationError({"slug": f"The URL of “{row}” would be too long. Choose a shorter slug."})

    def save(self, **kwargs: Any) -> None:
        """Save the row. If its path changes, move the rows below it and redirect the old URLs."""
        descendants = self.subtree_paths()[1:] if self.path and self.path != self.computed_path else []
        with services.track_path_change(self):
            self.path = self.computed_path
            super().save(**kwargs)
            moves = {}
            for row, path in descendants:
                old_url, row.path = unquote(row.get_absolute_url()), path
                if getattr(row, "is_published", True):
                    moves[old_url] = row.get_absolute_url()
            rows: Any = type(self)._default_manager
            rows.bulk_update([row for row, _ in descendants], ["path"])
            services.create_redirects(moves)
