"""An import in the admin as an author does it: in a browser, with an export and a ZIP of its media."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import Locator, Page, ViewportSize, expect
from pytest_django import Settings

from accounts.models import User
from audit.accessibility import violations
from blog.models import Post
from images.models import Image
from tests.databases import database_environment
from tests.wordpress.exports import Writer, item
from tests.wordpress.uploads import write_zip
from wordpress.models import ImportRun

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# So many that the progress page, which looks every three seconds, sees the import at work.
POSTS = 800
IMAGES = [f"2020/05/knee-{number}.jpg" for number in range(1, 4)]
TOO_WIDE = "tables => tables.some(each => each.scrollWidth > each.clientWidth)"
LOOKS: tuple[tuple[ViewportSize, Literal["light", "dark"]], ...] = (
    ({"width": 1280, "height": 900}, "light"),
    ({"width": 390, "height": 844}, "dark"),
)


@pytest.fixture
def data_dir(tmp_path: Path, settings: Settings) -> Path:
    """Return the folder that the site and the worker share."""
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "media"
    return tmp_path


class Author:
    """Someone at the page whose clicks are counted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = 0

    def click(self, target: Locator) -> None:
        """Click once."""
        self.clicks += 1
        target.click()

    def choose(self, target: Locator, *files: str | Path) -> None:
        """Choose files: one click opens the window, one selects each file, one closes it."""
        self.clicks += 2 + len(files)
        with self.page.expect_file_chooser() as chooser:
            target.click()
        chooser.value.set_files(files)


@contextmanager
def worker(data_dir: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Do what waits in another process, as the worker does, and wait for its end."""
    environment = database_environment() | {"DATA_DIR": str(data_dir)}
    command = [sys.executable, "-m", "django", "continue_import"]
    with subprocess.Popen(command, cwd=django_settings.BASE_DIR, env=environment) as process:
        yield process
        assert process.wait(timeout=120) == 0


def check(page: Page) -> None:
    """Check the page on a laptop in light mode and on a phone in dark mode."""
    for size, scheme in reversed(LOOKS):
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        # Without the fade from one theme to the other.
        page.reload()
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert not page.locator(".table-scroll").evaluate_all(TOO_WIDE)


def texts() -> Iterator[str]:
    """Yield posts that show the images, and a draft."""
    for number in range(1, POSTS + 1):
        url = f"https://old.example/wp-content/uploads/{IMAGES[number % len(IMAGES)]}"
        yield item(number, body=f'Words.\n\n<img src="{url}" alt="A bent knee">')
    yield item(900, status="draft")


def sign_in(page: Page, user: User) -> None:
    """Sign in with the password."""
    page.goto("/admin/login/?next=/admin/")
    page.locator("[name=login]").fill(user.email)
    page.locator("[name=password]").fill("a password for tests")
    page.locator("[name=password]").press("Enter")
    page.wait_for_url("**/admin/")


def look_inside(author: Author, export: str | Path, media: Path, data_dir: Path) -> None:
    """Upload the files and wait for what is in them."""
    page = author.page
    author.click(page.locator("#rail").get_by_role("link", name="Settings"))
    author.click(page.locator("#rail").get_by_role("link", name="Import from WordPress"))
    check(page)
    author.click(page.get_by_role("link", name="Start an import"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Import from WordPress")
    check(page)
    author.choose(page.get_by_label("Files from WordPress"), export, media)
    author.click(page.get_by_role("button", name="Upload and look inside"))
    expect(page.get_by_text("This starts in a few seconds")).to_be_visible()
    with worker(data_dir):
        # Without a reload.
        expect(page.get_by_role("heading", level=1)).to_have_text("What is in these files", timeout=60_000)
    check(page)
    expect(page.get_by_label("In the file uploads.zip")).to_be_checked()
    expect(page.get_by_text(str(POSTS + 1), exact=True)).to_be_visible()


def import_all(author: Author, data_dir: Path) -> str:
    """Start the import, close the tab while it runs, and return the URL of the report."""
    page = author.page
    author.click(page.get_by_role("button", name="Import", exact=True))
    with worker(data_dir):
        expect(page.get_by_text(re.compile(rf"Posts and pages: \d+ of {POSTS + 1}"))).to_be_visible(timeout=60_000)
        url = page.url
        assert violations(page) == []
        author.page = page.context.new_page()
        page.close()
        assert ImportRun.objects.get().state == "running"
    return url


def undo(page: Page, data_dir: Path) -> None:
    """Undo the import whose report the page shows."""
    page.get_by_role("link", name="Undo this import").click()
    check(page)
    page.get_by_role("button", name="Undo the import").click()
    with worker(data_dir):
        expect(page.get_by_role("heading", level=1)).to_have_text("Undone", timeout=60_000)
    check(page)


def test_an_author_imports_texts_and_images_in_under_ten_clicks_and_undoes_it(
    page: Page, admin_user: User, data_dir: Path, write: Writer, tmp_path: Path
) -> None:
    sign_in(page, admin_user)
    author = Author(page)
    look_inside(author, write(*texts()), write_zip(tmp_path / "uploads.zip", IMAGES), data_dir)
    assert not Post.objects.exists()
    report = import_all(author, data_dir)
    assert author.clicks < 10

    page = author.page
    page.goto(report)
    expect(page.get_by_role("heading", level=1)).to_have_text("Imported")
    expect(page.get_by_text("Every item of the files is accounted for")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("^Posts"))).to_contain_text(f"{POSTS + 1} imported")
    check(page)

    page.goto("/post-2/")
    image = page.get_by_role("img", name="A bent knee")
    image.scroll_into_view_if_needed()
    image.evaluate("each => each.decode()")
    assert Image.objects.count() == len(IMAGES)

    page.goto(report)
    undo(page, data_dir)
    assert not Post.objects.exists()
    assert not Image.objects.exists()
