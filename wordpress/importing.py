"""Import WordPress exports."""

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import batched

from django.db import transaction

from affiliates.site_statements import fewer_refreshes
from wordpress import path_mapping, undo
from wordpress.answers import Answers, with_answers
from wordpress.comments import link_parents
from wordpress.early_links import expected_urls, misled_links
from wordpress.importer import MODELS, Importer
from wordpress.item_handlers import ItemHandler, create_handlers, save_handler
from wordpress.links import LinkRewriter, NewUrls
from wordpress.media.documents import finish
from wordpress.media.importer import MediaOptions, import_media
from wordpress.old_paths import redirect_attachments, redirect_folder
from wordpress.old_urls import check_old_urls
from wordpress.reader import Export
from wordpress.report import ITEM_KINDS, Kind, Outcome, Report
from wordpress.runs import Claim
from wordpress.split_exports import share_declarations

log = logging.getLogger(__name__)

NOT_IN_EXPORTS = (
    "The theme and its settings, widgets, the places of menus, which page was the front page or listed the posts, the"
    " data of plugins, texts of categories for search engines, and redirects of SEO plugins. Set those up here."
)
# Each has some ten old URLs. Enough to notice a problem, in seconds. The command check_old_urls requests all of them.
MAX_CHECKED_TEXTS = 6


def import_exports(
    exports: Iterable[Export],
    report: Report,
    progress: Callable[[int], None] = lambda done: None,
    media_options: MediaOptions | None = None,
) -> None:
    """Import `exports`, given in any order, and fill in `report`. Running it again changes nothing.

    Pages come first, parents before children, because they need their exact paths while a post can be found by
    its slug. Links are rewritten last, when every path is known.
    """
    importers = [Importer(each, report, progress, n) for n, each in enumerate(share_declarations(exports))]
    media = import_media([(each.site, each.export) for each in importers], media_options or MediaOptions(), report.run)
    for importer in importers:
        importer.media = media[importer.site.name]
        importer.prepare()
    pages = [(importer.site.name, page) for importer in importers for page in importer.pages.values()]
    levels: defaultdict[int, set[tuple[str, int]]] = defaultdict(set)
    for page, depth in path_mapping.page_depths(pages).items():
        levels[depth].add(page)
    for depth in sorted(levels):
        for importer in importers:
            importer.import_pages(levels[depth])
    handlers = {importer.site.name: create_handlers(importer.site) for importer in importers}
    known = _known_urls(importers)
    for importer in importers:
        importer.import_posts(handlers[importer.site.name])
        known[importer.site.name].add(importer.new_urls)
    answers = Answers.from_options(report.run.options if report.run else {})
    for importer in importers:
        importer.terms.redirect_bases(answers.category_base, answers.tag_base, importer.site)
        _redirect_attachments(importer, known[importer.site.name])
    link_parents()
    for of_site in media.values():
        finish(of_site, report)
    for importer in {importer.site.name: importer for importer in importers}.values():
        _finish_site(importer, handlers[importer.site.name], known[importer.site.name])
    for importer in importers:
        importer.report_terms()
    _report_links(report)


def _known_urls(importers: Sequence[Importer]) -> dict[str, NewUrls]:
    """Return the URLs of the pages by the name of their site, and tell the importers where posts will be."""
    known: defaultdict[str, NewUrls] = defaultdict(NewUrls)
    for importer in importers:
        known[importer.site.name].add(importer.new_urls)
    for name, urls in known.items():
        of_site = [importer for importer in importers if importer.site.name == name]
        expected = expected_urls([(each.site, each.export) for each in of_site])
        expected.add(urls)
        for importer in of_site:
            importer.early_links.urls = expected
    return known


def _finish_site(importer: Importer, handlers: Sequence[ItemHandler], known: NewUrls) -> None:
    """Save what the handlers collected, then rewrite the links, now that every path is known."""
    misled = misled_links(importer.early_links.urls, known, importer.site)
    rewriter = LinkRewriter(importer.site, known, importer.report, misled)
    for handler in handlers:
        save_handler(handler, rewriter.resolve, importer.report)
    if importer.site.host:
        for kind, model in MODELS.items():
            rewriter.rewrite_documents(kind, model)


def run_import(
    claim: Claim,
    exports: Sequence[Export],
    progress: Callable[[int], None],
    media_options: MediaOptions | None = None,
) -> Report:
    """Import `exports` as the run of `claim`, whose report is kept in the database."""
    run = claim.run
    exports = [with_answers(export, Answers.from_options(run.options)) for export in exports]
    if not run.redirects_before:
        run.redirects_before = undo.redirects_now()
    run.expected = dict(sum((export.counts for export in exports), Counter()))
    run.total = sum(run.expected.get(kind, 0) for kind in ITEM_KINDS)
    claim.save("redirects_before", "expected", "total")
    report = Report(run=run)

    def step(done: int) -> None:
        claim.progress("Posts and pages", done, run.total)
        progress(done)

    with fewer_refreshes():
        import_exports(exports, report, step, media_options)
    undo.record_redirects(run)
    claim.save("redirects_before")
    report.record(Kind.NOTE, Outcome.NOTE, title="What no export of WordPress contains", reason=NOT_IN_EXPORTS)
    _report_old_urls(report, exports)
    return report


def _redirect_attachments(importer: Importer, new_urls: NewUrls) -> None:
    urls = {number: url for (_, number), url in new_urls.by_id.items()}
    for batch in batched(importer.attachments, 100):
        with transaction.atomic():
            redirect_attachments(list(batch), urls, importer.site)
    with transaction.atomic():
        redirect_folder(importer.site)


def _report_old_urls(report: Report, exports: Sequence[Export]) -> None:
    """Request old URLs, and report how many lead to their page and which do not."""
    try:
        found = check_old_urls(exports, max_texts=MAX_CHECKED_TEXTS)
    except Exception:
        # Everything is imported. A page that fails, such as without collectstatic, must not make that look undone.
        log.exception("The old URLs could not be checked")
        report.record(Kind.NOTE, Outcome.NOTE, title="Old URLs", reason="They could not be checked: a page failed.")
        report.save()
        return
    for failure in found.failures:
        report.record(
            Kind.URL, Outcome.MISSING, source=failure.url, title=failure.title, reason=f"This URL {failure.reason}"
        )
    works = found.checked - len(found.failures)
    report.record(
        Kind.URL, Outcome.OK, title=f"{works} of {found.checked} old URLs that were checked lead to their page"
    )
    with transaction.atomic():
        report.save()


def _report_links(report: Report) -> None:
    """Report the links that have no page here, once for each post."""
    reason = "No page here has this URL."
    for batch in batched(report.unresolved_links.items(), 100):
        for url, titles in batch:
            for title in dict.fromkeys(titles):
                report.record(Kind.LINK, Outcome.LEFT, source=url, title=title, reason=reason)
        with transaction.atomic():
            report.save()
