"""One style sheet and one script for readers, written as several.

A file that names its parts, `@import "./base.css";` or `import "./menu.js";`, is read by browsers as it stands, which
is how `make dev` serves it. For readers on slow lines each part is a request more before the first paint, so
`collectstatic` puts the parts in their place.
"""

import re
from collections.abc import Iterator
from posixpath import dirname, join
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

BUNDLES = ("site/css/site.css", "site/js/site.js")
_IMPORT = re.compile(r'^@?import "\./(?P<name>[\w-]+\.(?P<kind>css|js))";$', re.MULTILINE)


def bundled(name: str, read: Storage) -> str:
    """The text of the static file `name` with its parts, which lie beside it, in their place.

    Raises FileNotFoundError if a part is missing. A script's part becomes a block, so that its names stay its own.
    """

    def text(path: str) -> str:
        with read.open(path) as file:
            return str(file.read().decode())

    def part(match: re.Match[str]) -> str:
        content = text(join(dirname(name), match["name"]))
        return content if match["kind"] == "css" else f"{{\n{content}}}"

    return _IMPORT.sub(part, text(name))


class BundlingStorage(CompressedManifestStaticFilesStorage):
    """Hashed and compressed static files, with the bundles whole."""

    def post_process(self, paths: dict[str, tuple[Storage, str]], *args: Any, **options: Any) -> Iterator[Any]:
        for name in [] if options.get("dry_run") else BUNDLES:
            source, path = paths[name]
            content = ContentFile(bundled(path, source).encode())
            self.delete(name)
            self.save(name, content)
            paths[name] = (self, name)
        yield from super().post_process(paths, *args, **options)
