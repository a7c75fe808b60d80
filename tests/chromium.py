"""Where the browser of the browser tests is. `python -m tests.chromium` installs one if there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")  # the lightest first
MISSING = (
    "The browser tests need Chromium, and installing it failed: install the package chromium-headless-shell or chromium, "
    "or set CHROMIUM to the path of a Chromium or Chrome."
)


def on_this_machine() -> str | None:
    """The path of an installed Chromium or Chrome that runs; None leaves the choice to playwright."""
    for name in filter(None, (os.environ.get("CHROMIUM"), *NAMES)):
        path = shutil.which(name)
        # On some systems the name only announces a package that is not there.
        if path and subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0:
            return path
    return None


def is_here() -> bool:
    """Whether the browser tests can run."""
    if on_this_machine():
        return True
    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path).exists()


def install() -> None:
    """Try what this machine offers: its packages if we are root, then playwright's own download."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        for package in ("chromium-headless-shell", "chromium"):
            if not is_here():
                subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", package], check=False)
    if not is_here():
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


if __name__ == "__main__":
    if not is_here():
        install()
        if not is_here():
            sys.exit(MISSING)
