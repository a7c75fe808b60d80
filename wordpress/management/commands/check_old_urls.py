"""Check that the URLs of a WordPress site lead to their pages here."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.storage import ManifestFilesMixin, staticfiles_storage
from django.core.management.base import BaseCommand, CommandError

from siteinfo.local_time import local_time_of_site
from wordpress.old_urls import check_old_urls
from wordpress.reader import Export, ExportError, read_export


class Command(BaseCommand):
    """Request every public URL of the exports on this site. Nothing is saved."""

    help = "Check that every public URL of WordPress exports shows its page here, or redirects to it in one step."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the files and `--urls`."""
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="exports that were imported")
        parser.add_argument("--urls", type=Path, metavar="LIST", help="a text file with further URLs, one per line")

    @local_time_of_site()
    def handle(self, *args: Any, files: list[Path], urls: Path | None, **options: Any) -> None:
        """Check the URLs and print those that fail."""
        if not files and urls is None:
            raise CommandError("Name an export, or a list of URLs with --urls.")
        try:
            exports = [_read(file) for file in files]
            listed = urls.read_text(encoding="utf-8").split() if urls else []
        except OSError as error:
            raise CommandError(f"{error.filename} could not be read: {error.strerror}.") from error
        if isinstance(staticfiles_storage, ManifestFilesMixin) and not staticfiles_storage.hashed_files:
            # Not even the error page could be shown.
            raise CommandError("No page can be shown before the static files are collected. Run collectstatic first.")
        report = check_old_urls(exports, listed)
        for line in report.lines():
            self.stdout.write(line)
        if report.failures:
            raise CommandError("Some URLs do not lead to their page. Add redirects for them in the admin.")


def _read(file: Path) -> Export:
    try:
        return read_export(file)
    except ExportError as error:
        raise CommandError(f"{file.name}: {error}") from error
