"""Trees of addresses: what lies below another row of its kind has that one's path before its own slug."""

from typing import Any, ClassVar
from urllib.parse import unquote

from django.core.exceptions import ValidationError
from django.db import models

from redirects import services


class PathNode(models.Model):
    """A row with a `slug`, perhaps a `parent`, and the `path` that both make. Concrete ones declare these fields."""

    # What closes every path.
    path_suffix: ClassVar[str] = ""
    slug: Any
    parent: Any
    path: Any

    class Meta:
        abstract = True

    @property
    def computed_path(self) -> str:
        """The path that it has by its slug and its parent."""
        above = f"{self.parent.path.rstrip('/')}/" if self.parent else ""
        return f"{above}{self.slug}{self.path_suffix}"

    def subtree_paths(self) -> list[tuple[Any, str]]:
        """It and what lies anywhere below its stored path, each with the path that follows from its own. One query."""
        old, new = (f"{path.rstrip('/')}/" for path in (self.path, self.computed_path))
        rows: Any = type(self)._default_manager
        below = rows.filter(path__startswith=old).exclude(pk=self.pk) if self.path else ()
        return [(self, self.computed_path), *((row, new + row.path.removeprefix(old)) for row in below)]

    def clean(self) -> None:
        """Raise ValidationError if it lay below itself, or an address of its branch became too long."""
        super().clean()
        above = self.parent
        while above is not None:
            if self.pk and above.pk == self.pk:
                raise ValidationError({"parent": f"A {self._meta.verbose_name} cannot lie below itself."})
            above = above.parent
        longest = type(self)._meta.get_field("path").max_length  # type: ignore[misc]  # the concrete ones have it
        for row, path in self.subtree_paths():
            if len(path) > longest:
                raise ValidationError({"slug": f"The address of “{row}” becomes too long. Choose a shorter one."})

    def save(self, **kwargs: Any) -> None:
        """Save it, and move its whole branch when its path changed; readers of the old addresses are led along."""
        below = self.subtree_paths()[1:] if self.path and self.path != self.computed_path else []
        with services.track_path_change(self):
            self.path = self.computed_path
            super().save(**kwargs)
            led = {}
            for row, path in below:
                old, row.path = unquote(row.get_absolute_url()), path
                if getattr(row, "is_published", True):
                    led[old] = row.get_absolute_url()
            rows: Any = type(self)._default_manager
            rows.bulk_update([row for row, _ in below], ["path"])
            services.create_redirects(led)
