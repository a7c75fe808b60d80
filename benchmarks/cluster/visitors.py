"""What visitors, editors and subscribers do, each in its own thread, until the end of the load."""

import io
import itertools
import json
import random
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from PIL import Image

from benchmarks.cluster.browser import Browser, NoAnswerError
from benchmarks.cluster.content import EDITORS, LINK, OWNERS, PASSWORD
from benchmarks.cluster.ledger import Ledger

# Public forms refuse what was filled in faster.
_FILL_IN_SECONDS = 2.1
_NUMBERED = re.compile(r"Numbered (\d+)")
_IMAGE = re.compile(r'(?:src|srcset)="(/media/[^" ]+)')
_STYLE_SHEET = re.compile(r'href="(/static/[^"]+\.css)"')
_PK = re.compile(r'name="_selected_action" value="(\d+)"')


class Load:
    """The threads of one benchmark."""

    def __init__(self, url: str, ledger: Ledger, mail_log: Path, posts: dict[str, int]) -> None:
        self.url = url
        self.ledger = ledger
        self.mail_log = mail_log
        self.posts = posts
        self.is_over = threading.Event()
        self._numbers = itertools.count(1)
        actors = [*[self.read] * 2, *[self.contact] * 2, *[self.join] * 2, self.click, self.sign_in, self.confirm]
        actors += [self.edit(owner) for owner in range(OWNERS)]
        self._threads = [threading.Thread(target=self._repeat, args=(actor,), daemon=True) for actor in actors]

    def start(self) -> None:
        """Start all threads."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let each thread finish what it is doing."""
        self.is_over.set()
        for thread in self._threads:
            thread.join(timeout=60)

    def _repeat(self, actor: Callable[[], None]) -> None:
        while not self.is_over.is_set():
            try:
                actor()
            except NoAnswerError:
                # The request is recorded. A person would try again.
                self._wait(0.2)

    def _wait(self, seconds: float) -> None:
        self.is_over.wait(seconds)

    # ---- Visitors ----------------------------------------------------------------------------------------------

    def read(self) -> None:
        """Read pages, with their images and style sheets, and notice titles that are older than the last saved one."""
        with closing(Browser(self.url, self.ledger)) as browser:
            for path in ["/", "/blog/", "/feed/", "/search/?q=knees", *random.sample(sorted(self.posts), 4)]:
                expected = self.ledger.saved.get(path, 0)
                text = browser.get(path, "page").text
                found = _NUMBERED.search(text) if path in self.posts else None
                if found and int(found[1]) < expected:
                    self.ledger.stale += 1
                for pattern, kind in ((_IMAGE, "image"), (_STYLE_SHEET, "static file")):
                    if files := pattern.findall(text):
                        browser.get(random.choice(files), kind)  # noqa: S311
                self._wait(0.1)

    def contact(self) -> None:
        """Send a message."""
        with closing(Browser(self.url, self.ledger)) as browser:
            path, form = browser.open_form("/contact/", "form", "token")
            self._wait(_FILL_IN_SECONDS)
            subject = f"Message {next(self._numbers)}"
            form |= {"name": "Sam", "email": "sam@example.org", "subject": subject, "body": "My knee hurts."}
            if browser.post(path, "contact message", form).status_code == 303:
                self.ledger.acknowledge("contact message", subject)

    def join(self) -> None:
        """Join the newsletter."""
        with closing(Browser(self.url, self.ledger)) as browser:
            path, form = browser.open_form("/newsletter/", "form", "token")
            self._wait(_FILL_IN_SECONDS)
            email = f"join-{next(self._numbers)}@example.org"
            if browser.post(path, "newsletter sign-up", form | {"email": email}).status_code == 303:
                self.ledger.acknowledge("newsletter sign-up", email)

    def confirm(self) -> None:
        """Confirm the subscriptions whose email has arrived."""
        done: set[str] = set()
        while not self.is_over.is_set():
            for email in list(self._emails_with_links()):
                if email["to"] not in done:
                    self._confirm_one(email["to"], email["confirm"])
                    done.add(email["to"])
            self._wait(0.5)

    def _confirm_one(self, email: str, link: str) -> None:
        with closing(Browser(self.url, self.ledger)) as browser:
            for _ in range(50):
                try:
                    path, form = browser.open_form(link.removeprefix(self.url), "form", "consent_text")
                    if browser.post(path, "confirmation", form).status_code == 200:
                        self.ledger.acknowledge("confirmation", email)
                    return
                except NoAnswerError:
                    self._wait(0.5)

    def _emails_with_links(self) -> Iterator[dict[str, str]]:
        for line in self.mail_log.read_text().splitlines():
            email = json.loads(line)
            if email["confirm"]:
                yield email

    def click(self) -> None:
        """Follow an affiliate link."""
        with closing(Browser(self.url, self.ledger)) as browser:
            if browser.get(f"/go/{LINK}/", "click").status_code == 302:
                self.ledger.acknowledge("click", LINK)
        self._wait(0.3)

    # ---- People who sign in ------------------------------------------------------------------------------------

    def sign_in(self) -> None:
        """Sign in and look at the dashboard several times, on whatever web server answers."""
        number = OWNERS + next(self._numbers) % EDITORS
        with closing(Browser(self.url, self.ledger)) as browser:
            self._sign_in(browser, f"editor-{number}@example.org")
            self.ledger.acknowledge("sign-in", str(number))
            for _ in range(4):
                if browser.get("/admin/", "admin page").status_code != 200:
                    self.ledger.signed_out += 1
                self._wait(0.3)

    def _sign_in(self, browser: Browser, email: str) -> None:
        path, form = browser.open_form("/admin/login/?next=/admin/", "form", "password")
        name = next(name for name in ("username", "login", "email") if name in form)
        response = browser.post(path, "sign-in", form | {name: email, "password": PASSWORD})
        if response.status_code != 302:
            raise NoAnswerError(f"Signing in returned {response.status_code}.")

    def edit(self, owner: int) -> Callable[[], None]:
        """Return an actor who saves posts again and again, and uploads images. No two edit the same post."""
        paths = sorted(self.posts)[owner::OWNERS]
        saves = itertools.count(1)

        def actor() -> None:
            with closing(Browser(self.url, self.ledger)) as browser:
                self._sign_in(browser, f"owner-{owner}@example.org")
                while not self.is_over.is_set():
                    number = next(saves)
                    self._save_post(browser, paths[number % len(paths)], number)
                    if number % 5 == 1:
                        self._upload_image(browser, number)
                    self._wait(0.7)

        return actor

    def _save_post(self, browser: Browser, path: str, number: int) -> None:
        url, form = browser.open_form(f"/admin/blog/post/{self.posts[path]}/change/", "admin page", "title")
        title = f"{form['title'].partition(' Numbered')[0]} Numbered {number}"
        if browser.post(url, "saved post", form | {"title": title, "_save": "Save"}).status_code == 302:
            self.ledger.acknowledge("saved post", f"{path} {number}")
            self.ledger.saved[path] = number

    def _upload_image(self, browser: Browser, number: int) -> None:
        _, form = browser.open_form("/admin/images/image/", "admin page", "csrfmiddlewaretoken")
        file = io.BytesIO()
        color = tuple(random.randbytes(3))  # noqa: S311
        Image.new("RGB", (330, 220), color).save(file, "PNG")
        response = browser.post(
            "/admin/images/image/upload/",
            "uploaded image",
            {"csrfmiddlewaretoken": form["csrfmiddlewaretoken"]},
            files={"uploads": (f"image-{number}-{time.time_ns()}.png", file.getvalue(), "image/png")},
            headers={"Accept": "application/json"},
        )
        if response.status_code == 200 and (found := _PK.search("".join(response.json()["cards"]))):
            self.ledger.acknowledge("uploaded image", found[1])
