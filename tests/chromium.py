"""Find the browser for the browser tests. `python -m tests.chromium` installs one if there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")  # the smallest first
MISSING = (
    "The browser tests need Chromium, and installing it failed: install the package chromium-headless-shell or chromium, "
    "or set CHROMIUM to the path of a Chromium or Chrome."
)


def find_chromium() -> str | None:
    """Return the path of an installed Chromium or Chrome that works, or None to use Playwright's own."""
    for name in filter(None, (os.environ.get("CHROMIUM"), *NAMES)):
        path = shutil.which(name)
        # On some systems the command exists but only says which package to install.
        if path and subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0:
            return path
    return None


def is_installed() -> bool:
    """Return whether the browser tests can run."""
    if find_chromium():
        return True
    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path).exists()


def install() -> None:
    """Install a system package if run as root, otherwise Playwright's own Chromium."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        for package in ("chromium-headless-shell", "chromium"):
            if not is_installed():
                subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", package], check=False)
    if not is_installed():
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


if __name__ == "__main__":
    if not is_installed():
        install()
        if not is_installed():
            sys.exit(MISSING)
