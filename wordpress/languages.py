"""Texts in several languages in one item, as the plugin qTranslate stores them: "[:en]Knee[:de]Knie[:]".

The text in the language of the site is imported as it was shown, the others as drafts.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from wordpress.items import Item

# Before a part such as <!--:en-->, and after it <!--:-->: the older form.
_COMMENT_TAG = re.compile(r"<!--:([a-z]{2})?-->")
_TAG = re.compile(r"\[:([a-z]{2})?\]")
_BRACES = re.compile(r"\{:([a-z]{2})?\}")


def bracket_tags(text: str) -> str:
    """Return `text` with the tags before and after each language in one form, [:en] and [:]."""
    if "<!--:-->" in text:
        return _COMMENT_TAG.sub(r"[:\1]", text)
    if "{:}" in text and re.search(r"\{:[a-z]{2}\}", text):
        return _BRACES.sub(r"[:\1]", text)
    return text


def find_languages(text: str) -> list[str]:
    """Return the codes of the languages in which `text` has words, or an empty list for an ordinary text."""
    return list(dict.fromkeys(code for code, part in _parts(bracket_tags(text)) if code and part.strip()))


def _parts(text: str) -> list[tuple[str, str]]:
    """Return the parts of a text, each with the code of its language. Parts for all languages have ""."""
    # Slices such as a[:] in code have no language.
    if "[:]" not in text or not re.search(r"\[:[a-z]{2}\]", text):
        return [("", text)]
    before, *rest = _TAG.split(text)
    return [("", before), *((code or "", part) for code, part in zip(rest[::2], rest[1::2], strict=True))]


def localized[T](value: T, language: str) -> T:
    """Return `value` with every text in one language, or in the first one that it has. It may contain others."""
    found: Any = value
    if isinstance(value, str):
        parts = _parts(bracket_tags(value))
        codes = [code for code, part in parts if code and part.strip()]
        shown = language if language in codes else next(iter(codes), "")
        found = "".join(part for code, part in parts if code in {"", shown}) if len(parts) > 1 else value
    elif isinstance(value, tuple):
        found = tuple(localized(each, language) for each in value)
    elif is_dataclass(value) and not isinstance(value, type):
        found = replace(value, **{each.name: localized(getattr(value, each.name), language) for each in fields(value)})
    return found


def versions(item: Item, languages: tuple[str, ...]) -> Iterator[Item]:
    """Yield the item in the language of the site, and the text in each other language as a draft."""
    found = find_languages(item.body)
    main = next((code for code in languages if code in found), languages[0])
    yield localized(item, main)
    for code in found:
        if code != main:
            own = localized(item, code)
            yield replace(
                own,
                title=f"{own.title} ({code})",
                slug=f"{item.slug}-{code}",
                guid=f"{item.guid}#{code}",
                status=item.status if item.status in {"trash", "auto-draft"} else "draft",
                link="",
                is_sticky=False,
                comments=(),
            )


class Languages:
    """The languages of an export: `all` of them, and `main`, that of the site, or "" if its texts are in one."""

    def __init__(self, site_language: str, counts: Counter[str]) -> None:
        """Choose the language. `site_language` is the locale of the channel, such as "en-US"."""
        common = [code for code, _ in counts.most_common()]
        own = site_language[:2].lower()
        self.all = tuple(sorted(common, key=lambda code: code != own))
        self.main = self.all[0] if self.all else ""

    def warnings(self) -> Iterator[str]:
        """Yield what the author should know."""
        if len(self.all) > 1:
            others = ", ".join(f"“{code}”" for code in self.all[1:])
            yield (
                f"The texts are in several languages. Those in “{self.main}” are imported as they were."
                f" Those in {others} become drafts, which have the language after their title."
            )
