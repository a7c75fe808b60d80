"""List the menus imported from WordPress, and choose their places."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from layout.block_types import MENUS, SIDES
from wordpress.menus import place_menu
from wordpress.models import ImportedMenu

AREAS = sorted(MENUS | SIDES)


class Command(BaseCommand):
    """List the menus, or put one into an area."""

    help = "List the menus imported from WordPress, or put one into an area of the site: wordpress_menus Main main-menu"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the menu and the area."""
        parser.add_argument("menu", nargs="?", help="the name of the menu")
        parser.add_argument("area", nargs="?", choices=AREAS, help="its place, where it replaces the links of a menu")

    def handle(self, *args: Any, menu: str | None, area: str | None, **options: Any) -> None:
        """List the menus, or place the one called `menu`."""
        if menu is None:
            for row in ImportedMenu.objects.all():
                self.stdout.write(f"{row.name} ({len(row.entries)} entries, from {row.site})")
            return
        found = list(ImportedMenu.objects.filter(name=menu))
        if len(found) != 1 or area is None:
            raise CommandError(f"Name one of your menus and its place, one of: {', '.join(AREAS)}.")
        skipped = place_menu(found[0], area)
        self.stdout.write(f"“{menu}” is now in the area {area}.")
        for title in skipped:
            self.stdout.write(f"“{title}” was left out: there is no page at its URL.")
