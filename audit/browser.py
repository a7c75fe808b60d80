"""Inspect pages in a browser: axe, console, requests, cookies, horizontal overflow, layout shift, weight."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Request

from audit.accessibility import violations
from audit.report import Finding, Table

VIEWS = [(width, scheme) for width in (1280, 390) for scheme in ("light", "dark")]
# 640 is 1280 at 200%, 320 is 1280 at 400%.
WIDTHS = (320, 390, 640, 768, 1280, 1920)
A4 = {"width": 794, "height": 1123}
CHECKS = ("axe", "console", "other hosts", "cookies", "overflow", "no script")
# Transfer size that a post may have, in bytes, without its images.
BUDGETS = {"Stylesheet": 25_000, "Script": 15_000, "all": 120_000}

# Scroll to the end, so that lazy images load, then sum all layout shifts without recent input, and scroll back.
# Chromium sometimes counts a sidebar that sticks as shifted by the jump back.
SHIFTS = """async () => {
  for (let y = 0; y < document.body.scrollHeight; y += innerHeight / 2) {
    scrollTo(0, y);
    await new Promise((done) => setTimeout(done, 30));
  }
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const shift of list.getEntries()) if (!shift.hadRecentInput) sum += shift.value;
  }).observe({type: "layout-shift", buffered: true});
  await new Promise((done) => setTimeout(done, 120));
  scrollTo(0, 0);
  return sum;
}"""
# The elements that overflow the page horizontally, in either writing direction; null if it does not scroll.
OVERFLOW = """() => {
  const page = document.documentElement;
  if (page.scrollWidth <= page.clientWidth) return null;
  const scrolls = (each) => each && each !== document.body
    && (getComputedStyle(each).overflowX !== "visible" || scrolls(each.parentElement));
  const out = [...document.body.querySelectorAll("*")].filter((each) => {
    const box = each.getBoundingClientRect();
    return box.width && (box.right > page.clientWidth + 1 || box.left < -1) && !scrolls(each.parentElement);
  });
  const names = out.slice(0, 3).map((each) => [each.tagName.toLowerCase(), ...each.classList].join("."));
  return `${page.scrollWidth - page.clientWidth} px: ${names.join(", ")}`;
}"""
# The words of the main part, without those on buttons.
WORD_COUNT = """() => {
  const count = (each) => each.innerText.split(/\\s+/).length;
  const main = document.querySelector("main");
  const buttons = [...main.querySelectorAll("button")].filter((each) => each.checkVisibility());
  return buttons.reduce((sum, each) => sum - count(each), count(main));
}"""


class PageInspector:
    """Opens every type of page in every mode and collects findings."""

    def __init__(self, browser: Browser, url: str, pages: dict[str, str]) -> None:
        """Inspect `pages`, paths by name, of the site at `url`."""
        self.browser, self.url, self.pages = browser, url, pages
        self.findings: list[Finding] = []
        self.counts: dict[str, Counter[str]] = defaultdict(Counter)
        self.shift: dict[str, float] = dict.fromkeys(pages, 0.0)

    def add_finding(self, check: str, page: str, message: str) -> None:
        """Record a finding."""
        self.findings.append(Finding(check, page, message))
        self.counts[page][check] += 1

    @contextmanager
    def opened(self, name: str, mode: str, **options: Any) -> Iterator[Page]:
        """Open the page as a new visitor. Console, requests and cookies are checked until it is closed."""
        context = self.browser.new_context(base_url=self.url, locale="en-US", reduced_motion="reduce", **options)
        page = context.new_page()
        url = self.url + self.pages[name]

        def on_console(line: ConsoleMessage) -> None:
            # The browser logs the 404 status of the page itself.
            if line.type in {"error", "warning"} and line.location.get("url") != url:
                self.add_finding("console", name, f"{mode}: {line.text}")

        def on_request(request: Request) -> None:
            if not request.url.startswith((f"{self.url}/", "data:", "blob:")):
                self.add_finding("other hosts", name, f"{mode}: {urlsplit(request.url).netloc}")

        page.on("console", on_console)
        page.on("pageerror", lambda error: self.add_finding("console", name, f"{mode}: {error.message}"))
        page.on("request", on_request)
        page.goto(self.pages[name], wait_until="load")
        yield page
        for cookie in context.cookies():
            self.add_finding("cookies", name, f"{mode}: {cookie.get('name')}")
        context.close()

    def inspect(self, name: str) -> None:
        """Inspect the page in both themes, narrow and wide, without JavaScript, and at every width."""
        words = 0
        for width, scheme in VIEWS:
            mode = f"{width} px, {scheme}"
            with self.opened(name, mode, viewport={"width": width, "height": 900}, color_scheme=scheme) as page:
                self.shift[name] = max(self.shift[name], page.evaluate(SHIFTS))
                for violation in violations(page):
                    self.add_finding("axe", name, f"{mode}: {violation}")
                words = page.evaluate(WORD_COUNT)
                if (width, scheme) == VIEWS[0]:
                    self.resize(name, page)
        if self.shift[name] > 0.001:
            self.add_finding("shift", name, f"{self.shift[name]:.3f} while loading and scrolling to the end")
        plain = {"viewport": {"width": 390, "height": 900}, "java_script_enabled": False}
        with self.opened(name, "without JavaScript", **plain) as page:
            self.check_overflow(name, "390 px without JavaScript", page)
            if page.evaluate(WORD_COUNT) < words - 5:
                self.add_finding("no script", name, f"{page.evaluate(WORD_COUNT)} words instead of {words}")

    def resize(self, name: str, page: Page) -> None:
        """Check for horizontal overflow at every width and with text at twice its size."""
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            self.check_overflow(name, f"{width} px", page)
        page.set_viewport_size({"width": 1280, "height": 900})
        page.evaluate("() => { document.documentElement.style.fontSize = '200%'; }")
        self.check_overflow(name, "text at 200%", page)

    def check_overflow(self, name: str, mode: str, page: Page) -> None:
        """Record the elements that make the page scroll horizontally."""
        if elements := page.evaluate(OVERFLOW):
            self.add_finding("overflow", name, f"{mode}: {elements}")

    def inspect_print(self, name: str) -> None:
        """Inspect the printed page."""
        self.pages[f"{name}, printed"] = self.pages[name]
        name += ", printed"
        self.shift[name] = 0.0
        with self.opened(name, "print", viewport=A4) as page:
            page.emulate_media(media="print")
            self.check_overflow(name, "A4", page)
            for violation in violations(page):
                self.add_finding("axe", name, violation)

    def weigh(self, name: str) -> Table:
        """Return the transfer size of the page by type of resource, for a first visit."""
        kinds: dict[str, str] = {}
        bytes_of: Counter[str] = Counter()
        context = self.browser.new_context(base_url=self.url, viewport={"width": 390, "height": 844})
        page = context.new_page()
        wire = context.new_cdp_session(page)
        wire.send("Network.enable")
        wire.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
        wire.on(
            "Network.loadingFinished",
            lambda event: bytes_of.update({kinds.get(event["requestId"], "Other"): int(event["encodedDataLength"])}),
        )
        page.goto(self.pages[name], wait_until="networkidle")
        context.close()
        image_bytes = bytes_of.pop("Image", 0)
        bytes_of["all"] = bytes_of.total()
        for kind, budget in BUDGETS.items():
            if bytes_of[kind] > budget:
                self.add_finding("weight", name, f"{kind}: {bytes_of[kind]:,} bytes, at most {budget:,} allowed")
        rows = [(kind, f"{size:,}", f"{BUDGETS[kind]:,}" if kind in BUDGETS else "") for kind, size in bytes_of.items()]
        rows.append(("Image (not counted above)", f"{image_bytes:,}", ""))
        note = f"Transfer size of the {name} in bytes at 390 px, headers included, nothing cached; images listed apart."
        return Table("Weight", note, ("kind", "bytes", "allowed"), rows)

    def table(self, errors: dict[str, int]) -> Table:
        """Return the number of findings per page and check, and of markup `errors`."""
        note = (
            "Number of findings per check, at 1280 and 390 px, in both themes, with and without JavaScript; "
            f"overflow at {', '.join(map(str, WIDTHS))} px (640 is 1280 at "
            "200% zoom, 320 at 400%) and with text at twice its size; shift is the sum of layout shifts (CLS) while "
            "loading and scrolling to the end; markup counts the errors of the Nu HTML checker."
        )
        names = [*self.pages, *(name for name in errors if name not in self.pages)]
        rows = [
            (
                name,
                *(self.counts[name][column] for column in CHECKS),
                f"{self.shift.get(name, 0):.3f}",
                errors.get(name, 0),
            )
            for name in names
        ]
        return Table("Pages", note, ("page", *CHECKS, "shift", "markup"), rows)
