"""Checks for texts about health: the disclaimer, red flags, and what is known and unknown."""

import re
from collections.abc import Iterator
from itertools import islice

from lxml.html import HtmlElement

from blog.check_content import Content, Problem
from evidence.disclaimers.models import Disclaimer
from evidence.disclaimers.typed import find_typed
from evidence.glossary.jargon import MAX_WORDS, undefined_jargon
from evidence.glossary.models import Term
from siteinfo.urls import admin_url

# What a click in the checklist can do, by its name in checklist-actions.js.
REMOVE_TYPED_DISCLAIMER = "remove-typed-disclaimer"
_PARTS = {"benefits": re.compile(r"\bbenefit", re.I), "risks": re.compile(r"\brisk", re.I)}
_PARTS["alternatives"] = re.compile(r"\balternativ", re.I)
# A label from the template without anything after it.
_UNFILLED = re.compile(r"[^:]{1,60}:\s*(?:…|\.\.\.)?")


def check_disclaimer(content: Content) -> Iterator[Problem]:
    """Find a site without a default disclaimer, and disclaimers typed into the text."""
    if not Disclaimer.objects.filter(is_default=True).exclude(text="").exists():
        yield Problem("Write the default disclaimer. Every post about health shows it.", admin_url(Disclaimer))
    for typed in find_typed(content.tree):
        if typed.is_replaceable:
            message = f"Remove the typed disclaimer “{_shortened(typed.text)}”. Then the post shows the site’s own."
            yield Problem(message, action=REMOVE_TYPED_DISCLAIMER)
        else:
            yield Problem(f"Take the health disclaimer out of “{_shortened(typed.text)}”. It hides the site’s own.")


def check_red_flags(content: Content) -> Iterator[Problem]:
    """Find a post whose template needs red flags and that has none."""
    template = content.template
    if template and template.requires_red_flags and "red-flags" not in content.callouts:
        yield Problem(f"Add a “Red flags” callout that says when to see a professional. “{template}” posts need one.")


def check_evidence_summary(content: Content) -> Iterator[Problem]:
    """Find a post whose template needs what is known and unknown, and that does not say it or only parts of it."""
    template = content.template
    if template is None or not template.requires_evidence_summary:
        return
    blocks = content.callouts.get("what-we-know")
    if not blocks:
        yield Problem(f"Add a “What we know and what we don’t” callout. “{template}” posts need one.")
        return
    words = " ".join(word for block in blocks for word in _filled_lines(block))
    missing = [name for name, pattern in _PARTS.items() if not pattern.search(words)]
    if missing:
        names = ", ".join(missing[:-1]) + (" and " if len(missing) > 1 else "") + missing[-1]
        yield Problem(f"Add the {names} to “What we know and what we don’t”.")


def check_jargon(content: Content) -> Iterator[Problem]:
    """Find clinical words that neither the text nor the glossary explains."""
    forms = {form.casefold() for term in Term.objects.all() for form in term.forms}
    for word, plain in islice(undefined_jargon(content.tree, forms), MAX_WORDS):
        yield Problem(f"Explain “{word}”, say “{plain}” instead, or add it to the glossary.", place=word)


def _filled_lines(block: HtmlElement) -> Iterator[str]:
    for line in block.iter("p", "li"):
        words = " ".join("".join(line.itertext()).split())
        if not _UNFILLED.fullmatch(words):
            yield words


def _shortened(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79]}…"
