"""Web processes and workers load large modules only when they are used."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings

from ptcomplete.lazy_modules import LAZY, LazyFinder

# What large modules load when they are used. Nothing else of the application may load it.
LARGE = (
    "PIL._imaging", "_pillow_heif", "bs4", "css_inline.css_inline", "fido2.server", "httpx2._client", "icalendar.cal",
    "pyrage.pyrage", "redis.client", "requests.sessions", "typst._typst",
)  # fmt: skip


def run_in_web_process(code: str, tmp_path: Path, **settings_of_site: str) -> list[str]:
    """Run `code` once the application is loaded, and return the lines it prints."""
    return run_in_process(f"import sys\nimport ptcomplete.wsgi, ptcomplete.urls\n{code}", tmp_path, **settings_of_site)


def run_in_process(code: str, tmp_path: Path, **settings_of_site: str) -> list[str]:
    """Run `code` with the settings of a site and an empty standard input, and return the lines it prints."""
    environment = os.environ | {
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "DEBUG": "0",
        "DJANGO_SETTINGS_MODULE": "ptcomplete.settings",
        "SECRET_KEY": "for-tests-only",
        "SITE_URL": "http://testserver",
    }
    found = subprocess.run(
        [sys.executable, "-c", code],
        env=environment | settings_of_site,
        cwd=settings.BASE_DIR,
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    return found.stdout.splitlines()


def test_a_process_that_sends_campaigns_starts_without_large_modules(tmp_path: Path) -> None:
    code = f"""
import runpy, sys
sys.argv = ["manage.py", "newsletter_sender"]
runpy.run_path("manage.py", run_name="__main__")
print("django" in sys.modules, *({{*{LARGE}}} & set(sys.modules)))
"""
    assert run_in_process(code, tmp_path) == ["True"]


def test_a_web_process_starts_without_large_modules(tmp_path: Path) -> None:
    code = f"""
print(*({{*{LARGE}}} & set(sys.modules)))
import httpx2, icalendar, typst
print(icalendar.Calendar.__name__, httpx2.Client.__name__, typst.compile.__name__)
print(*sorted({{*{LARGE}}} & set(sys.modules)))
"""
    assert run_in_web_process(code, tmp_path) == [
        "",
        "Calendar Client compile",
        "httpx2._client icalendar.cal typst._typst",
    ]


def test_every_lazy_module_can_be_used(tmp_path: Path) -> None:
    code = """
from importlib import import_module
from ptcomplete.lazy_modules import LAZY
for name in sorted(LAZY):
    import_module(name).__doc__
    print(type(sys.modules[name]).__name__)
"""
    assert run_in_web_process(code, tmp_path) == ["module"] * len(LAZY)


def test_a_web_process_can_use_a_cache_server(tmp_path: Path) -> None:
    code = "from django.core.cache import caches\nprint(caches['default'].get('key', 'nothing'))"
    # Nothing listens on this port.
    assert run_in_web_process(code, tmp_path, CACHE_URL="redis://127.0.0.1:9/0") == ["nothing"]


@pytest.fixture
def lazy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Import `slow_example` and `failing_example` from the returned folder lazily."""
    monkeypatch.syspath_prepend(str(tmp_path))
    names = {"slow_example", "failing_example"}
    monkeypatch.setattr(sys, "meta_path", [LazyFinder(names), *sys.meta_path])
    for name in names:
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path


def test_threads_that_use_a_module_at_once_load_it_once(lazy: Path) -> None:
    (lazy / "slow_example.py").write_text("import time\nruns = [1]\ntime.sleep(0.1)\nlast = len(runs)\n")
    import slow_example  # type: ignore[import-not-found]

    assert "runs" not in vars(slow_example)
    with ThreadPoolExecutor(4) as pool:
        lists = list(pool.map(lambda _: (slow_example.last, id(slow_example.runs)), range(4)))
    assert len(set(lists)) == 1
    with pytest.raises(AttributeError):
        slow_example.missing  # noqa: B018


def test_a_module_that_fails_to_load_is_tried_again(lazy: Path) -> None:
    path = lazy / "failing_example.py"
    path.write_text("import failing_example\nfailing_example.name\n")
    import failing_example  # type: ignore[import-not-found]

    with pytest.raises(AttributeError, match="name"):
        failing_example.name  # noqa: B018
    path.write_text("name = 'found'\n")
    assert failing_example.name == "found"
