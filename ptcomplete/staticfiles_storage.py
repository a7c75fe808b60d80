"""Static files for production: hashed, compressed, and each bundle in one file.

A bundle lists its parts: `@import "./base.css";` in a style sheet, `import("./menu.js").catch(reportError)` in a
script. Browsers can load it as it is, which is what `make dev` serves. On a slow line each part delays the first paint
by a request, so `collectstatic` replaces the lines with the parts. Bundled style sheets lose comments and indentation,
scripts the comments that are alone on a line.

Each text file is stored three more times, as zstd, Brotli and gzip. `StaticFilesMiddleware` chooses among them.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from posixpath import dirname, join
from typing import Any

import zstandard
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

BUNDLES = (
    "site/css/site.css",
    "site/css/article.css",
    "site/css/complete.css",
    "site/js/site.js",
    "admin_theme/admin_theme.css",
)
_IMPORT = re.compile(
    r'^(@import "\./(?P<style>[\w-]+\.css)";|import\("\./(?P<script>[\w-]+\.js)"\)\.catch\(reportError\))$',
    re.MULTILINE,
)
_COMMENT_OR_INDENTATION = re.compile(r"/\*.*?\*/\s*|^\s+", re.DOTALL | re.MULTILINE)
_LINE_OF_COMMENT = re.compile(r"^ *//.*\n", re.MULTILINE)


def bundled(name: str, read: Storage) -> str:
    """Return the static file `name` with its import lines replaced by the files beside it.

    Each script runs in a separate block, so that its names stay private and its exceptions do not stop the others.
    Raise FileNotFoundError if a part is missing.
    """

    def part(match: re.Match[str]) -> str:
        content = bundled(join(dirname(name), match["style"] or match["script"]), read)
        return content if match["style"] else f"try {{\n{content}}} catch (error) {{\n  reportError(error)\n}}"

    with read.open(name) as file:
        bundle = _IMPORT.sub(part, file.read().decode())
    return (_COMMENT_OR_INDENTATION if name.endswith(".css") else _LINE_OF_COMMENT).sub("", bundle)


class ZstdCompressor(Compressor):
    """Compress a file as Brotli, gzip and zstd."""

    def compress(self, path: str) -> list[str]:
        """Write the compressed files beside `path` and return their names; none if compression does not help."""
        names: list[str] = super().compress(path)
        if names:
            content = zstandard.compress(Path(path).read_bytes(), level=19)
            names.append(self.write_data(path, content, ".zst", os.stat(path)))
        return names


class BundlingStorage(CompressedManifestStaticFilesStorage):
    """Hash and compress static files, after joining the parts of each bundle."""

    support_js_module_import_aggregation = True

    def __init__(self, *args: Any, **options: Any) -> None:
        """Read the manifest."""
        super().__init__(*args, **options)
        self._known_urls: dict[str, str] = {}

    def url(self, name: str, force: bool = False) -> str:
        """Return the URL of a file. A page of the admin asks for a hundred, and the manifest does not change."""
        url = self._known_urls.get(name)
        if url is None:
            url = self._known_urls[name] = super().url(name, force)
        return url

    def post_process(self, paths: dict[str, tuple[Storage, str]], *args: Any, **options: Any) -> Iterator[Any]:
        """Write the bundles, then hash and compress all files."""
        self._known_urls.clear()
        for name in [] if options.get("dry_run") else BUNDLES:
            source, path = paths[name]
            content = ContentFile(bundled(path, source).encode())
            self.delete(name)
            self.save(name, content)
            paths[name] = (self, name)
        yield from super().post_process(paths, *args, **options)

    def create_compressor(self, **options: Any) -> Compressor:
        """Return the compressor of all files."""
        return ZstdCompressor(**options)
