"""What the author says about the files of an import, because they do not say it themselves."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from wordpress.dates import Offsets
from wordpress.reader import Export, count_kinds

_BASE = re.compile(r"[\w-]+(?:/[\w-]+)*")
_HOST = re.compile(r"(?:[\w-]+\.)+[\w-]+|localhost")
# What WordPress and plugins store as items that visitors never read as a text.
_NO_CONTENT = re.compile(
    r"(?:|attachment|nav_menu_item|revision|custom_css|customize_changeset|oembed_cache|user_request|feedback|guest-author"
    r"|wp_\w+|acf-.*|elementor_.*|et_\w+|fl-builder-template|optionsframework|shop_\w+|scheduled-action|jp_\w+"
    r"|ml-slider|ml-slide|wpcf7_contact_form|wpforms|mc4wp-form|tablepress_table|popup|polylang_mo|amn_.*|mailpoet_page)"
)


class AnswerError(ValueError):
    """An answer that cannot be used. The text says what to do."""


@dataclass(frozen=True)
class Answers:
    """The answers, as they are stored in `ImportRun.options`."""

    # Types that plugins and themes added, each with the type to import it as: "post" or "page".
    types: Mapping[str, str] = field(default_factory=dict)
    # Other hosts of the old site, such as that of an earlier name.
    hosts: tuple[str, ...] = ()
    # What was before categories and tags in its URLs, if not "category" and "tag".
    category_base: str = ""
    tag_base: str = ""
    # The time zone of dates without UTC; "" for the offsets that other dates of the file show.
    time_zone: str = ""

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """Return the answers among the options of a run."""
        return cls(**{each.name: options[each.name] for each in fields(cls) if each.name in options})

    def options(self) -> dict[str, Any]:
        """Return the answers that were given, for the options of a run."""
        given = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value for name, value in given.items() if value}


def with_answers(export: Export, answers: Answers) -> Export:
    """Return the export, to be read as the author said."""
    types: Counter[str] = Counter()
    for kind, count in export.types.items():
        types[answers.types.get(kind, kind)] += count
    return replace(
        export,
        types=types,
        counts=count_kinds(types, export.counts["comment"]),
        types_as=answers.types,
        other_hosts=tuple(answers.hosts),
        offsets=Offsets(export.offsets.seen, ZoneInfo(answers.time_zone)) if answers.time_zone else export.offsets,
    )


def may_be_content(post_type: str) -> bool:
    """Return whether items of a type other than post and page may be texts that visitors read."""
    return post_type not in {"post", "page"} and not _NO_CONTENT.fullmatch(post_type)


def parse_hosts(text: str) -> tuple[str, ...]:
    """Return the hosts in `text`, which may be URLs. Raise AnswerError if one is none."""
    hosts = []
    for part in re.split(r"[\s,;]+", text.strip()):
        try:
            host = (urlsplit(part if "//" in part else f"//{part}").hostname or "").removeprefix("www.")
        except ValueError:
            host = ""
        if part and not _HOST.fullmatch(host):
            raise AnswerError(f"“{part}” is no address of a site. Write it like old-name.example.")
        hosts += [host] if host else []
    return tuple(dict.fromkeys(hosts))


def parse_base(text: str) -> str:
    """Return the part of a path in `text` without outer slashes. Raise AnswerError if it is none."""
    base = text.strip().strip("/").lower()
    if base and not _BASE.fullmatch(base):
        raise AnswerError(f"“{text.strip()}” is no part of a URL. Write only the word, such as topics.")
    return base


def parse_types(values: list[str]) -> dict[str, str]:
    """Return the types in values such as "recipe=post". Raise AnswerError for another form."""
    found = {}
    for value in values:
        kind, _, target = value.partition("=")
        if not may_be_content(kind) or target not in {"post", "page"}:
            raise AnswerError(f"“{value}” is not understood. Write TYPE=post or TYPE=page, such as recipe=post.")
        found[kind] = target
    return found


def parse_time_zone(name: str) -> str:
    """Return the name of a time zone. Raise AnswerError if there is none of that name."""
    if name and name not in available_timezones():
        raise AnswerError(f"There is no time zone “{name}”. Write it like America/New_York.")
    return name
