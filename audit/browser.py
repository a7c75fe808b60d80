"""What a browser sees of each type of page: axe, console, requests, cookies, sideways scroll, shifts, bytes."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Request

from audit.accessibility import violations
from audit.report import Finding, Table

VIEWS = [(width, scheme) for width in (1280, 390) for scheme in ("light", "dark")]
# 640 is 1280 at 200 %, 320 is 1280 at 400 %.
WIDTHS = (320, 390, 640, 768, 1280, 1920)
A4 = {"width": 794, "height": 1123}
COUNTED = ("axe", "console", "other hosts", "cookies", "sideways", "no script")
# Bytes on the wire that one post may cost without its pictures.
BUDGETS = {"Stylesheet": 25_000, "Script": 15_000, "all": 120_000}

# To the end and back, so that lazy pictures load; then the sum of all shifts that no press has caused.
SHIFTS = """async () => {
  for (let y = 0; y < document.body.scrollHeight; y += innerHeight / 2) {
    scrollTo(0, y);
    await new Promise((done) => setTimeout(done, 30));
  }
  scrollTo(0, 0);
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const shift of list.getEntries()) if (!shift.hadRecentInput) sum += shift.value;
  }).observe({type: "layout-shift", buffered: true});
  await new Promise((done) => setTimeout(done, 120));
  return sum;
}"""
# What sticks out of the page at its end, in either direction of writing; nothing if it does not scroll sideways.
STICKS_OUT = """() => {
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
WORDS = "() => document.querySelector('main').innerText.split(/\\s+/).length"


class Looker:
    """Opens every type of page in every way, and notes what it meets."""

    def __init__(self, browser: Browser, url: str, pages: dict[str, str]) -> None:
        self.browser, self.url, self.pages = browser, url, pages
        self.findings: list[Finding] = []
        self.counts: dict[str, Counter[str]] = defaultdict(Counter)
        self.shift: dict[str, float] = dict.fromkeys(pages, 0.0)

    def note(self, check: str, page: str, what: str) -> None:
        """Write down one finding."""
        self.findings.append(Finding(check, page, what))
        self.counts[page][check] += 1

    @contextmanager
    def opened(self, name: str, how: str, **options: Any) -> Iterator[Page]:
        """The page, read by somebody new; console, requests and cookies are watched until it is closed."""
        context = self.browser.new_context(base_url=self.url, locale="en-US", reduced_motion="reduce", **options)
        page = context.new_page()
        address = self.url + self.pages[name]

        def on_console(line: ConsoleMessage) -> None:
            # A page that is not there is told so by the browser too.
            if line.type in {"error", "warning"} and line.location.get("url") != address:
                self.note("console", name, f"{how}: {line.text}")

        def on_request(request: Request) -> None:
            if not request.url.startswith((f"{self.url}/", "data:", "blob:")):
                self.note("other hosts", name, f"{how}: {urlsplit(request.url).netloc}")

        page.on("console", on_console)
        page.on("pageerror", lambda error: self.note("console", name, f"{how}: {error.message}"))
        page.on("request", on_request)
        page.goto(self.pages[name], wait_until="load")
        yield page
        for cookie in context.cookies():
            self.note("cookies", name, f"{how}: {cookie.get('name')}")
        context.close()

    def look(self, name: str) -> None:
        """Light and dark, narrow and wide, without JavaScript, and at every width."""
        words = 0
        for width, scheme in VIEWS:
            how = f"{width} px, {scheme}"
            with self.opened(name, how, viewport={"width": width, "height": 900}, color_scheme=scheme) as page:
                self.shift[name] = max(self.shift[name], page.evaluate(SHIFTS))
                for breach in violations(page):
                    self.note("axe", name, f"{how}: {breach}")
                words = page.evaluate(WORDS)
                if (width, scheme) == VIEWS[0]:
                    self.resize(name, page)
        if self.shift[name] > 0.001:
            self.note("shift", name, f"{self.shift[name]:.3f} while loading and scrolling to the end")
        plain = {"viewport": {"width": 390, "height": 900}, "java_script_enabled": False}
        with self.opened(name, "without JavaScript", **plain) as page:
            self.sideways(name, "390 px without JavaScript", page)
            # A button or two may be missing; no sentence may.
            if page.evaluate(WORDS) < words - 5:
                self.note("no script", name, f"{page.evaluate(WORDS)} words instead of {words}")

    def resize(self, name: str, page: Page) -> None:
        """No width makes the page scroll sideways, and neither does text of twice its size."""
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            self.sideways(name, f"{width} px", page)
        page.set_viewport_size({"width": 1280, "height": 900})
        page.evaluate("() => { document.documentElement.style.fontSize = '200%'; }")
        self.sideways(name, "text at 200 %", page)

    def sideways(self, name: str, how: str, page: Page) -> None:
        """Note what makes the page scroll sideways as it stands now."""
        if culprit := page.evaluate(STICKS_OUT):
            self.note("sideways", name, f"{how}: {culprit}")

    def look_at_print(self, name: str) -> None:
        """The page on paper."""
        self.pages[f"{name}, printed"] = self.pages[name]
        name += ", printed"
        self.shift[name] = 0.0
        with self.opened(name, "print", viewport=A4) as page:
            page.emulate_media(media="print")
            self.sideways(name, "A4", page)
            for breach in violations(page):
                self.note("axe", name, breach)

    def weigh(self, name: str) -> Table:
        """What the page costs on the wire, by kind, for somebody who was never here."""
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
        pictures = bytes_of.pop("Image", 0)
        bytes_of["all"] = bytes_of.total()
        for kind, budget in BUDGETS.items():
            if bytes_of[kind] > budget:
                self.note("weight", name, f"{kind}: {bytes_of[kind]:,} bytes, at most {budget:,} allowed")
        rows = [(kind, f"{size:,}", f"{BUDGETS[kind]:,}" if kind in BUDGETS else "") for kind, size in bytes_of.items()]
        rows.append(("Image (not counted above)", f"{pictures:,}", ""))
        note = f"Bytes on the wire of the {name} at 390 px, headers included, nothing cached; pictures apart."
        return Table("Weight", note, ("kind", "bytes", "allowed"), rows)

    def table(self, errors: dict[str, int]) -> Table:
        """A row for each page, with what was found in the browser, and the `errors` of its markup."""
        note = (
            "How often each thing was found. Seen at 1280 and 390 px, light and dark, with and without JavaScript; "
            f"sideways scroll at {', '.join(map(str, WIDTHS))} px (640 is 1280 at "
            "200 % zoom, 320 at 400 %) and with text of twice its size; shift is the sum of layout shifts (CLS) while "
            "loading and scrolling to the end; markup counts the errors of the Nu HTML checker."
        )
        names = [*self.pages, *(name for name in errors if name not in self.pages)]
        rows = [
            (
                name,
                *(self.counts[name][column] for column in COUNTED),
                f"{self.shift.get(name, 0):.3f}",
                errors.get(name, 0),
            )
            for name in names
        ]
        return Table("Pages", note, ("page", *COUNTED, "shift", "markup"), rows)
