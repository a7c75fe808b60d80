"""Slugs: the parts of URLs that are made from names and titles, in any script."""

import re
import unicodedata
from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

# Matches every slug, and also other characters beyond Latin-1: Python's patterns have no class for combining marks.
SLUG_PATTERN = r"[-\w\u0300-\U0010ffff]+"
# Dropped between letters instead of becoming a hyphen: "What’s" is "whats".
_APOSTROPHES = dict.fromkeys(map(ord, "'’‘ʼ＇"))
# Marks of emoji, which select a colored form or draw a key around a digit.
_ASCII_WORD = re.compile("[a-z0-9_]+")
_EMOJI_MARKS = re.compile("[\ufe00-\ufe0f\u20e3\U000e0100-\U000e01ef]")
# Letters that do not decompose into an ASCII letter and marks.
_ASCII_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)


def slugify(text: str, max_length: int, *, ascii_only: bool = False) -> str:
    """Return `text` in lower case with a hyphen for everything between its words; "" if it has no letter or digit.

    Combining marks belong to their letter, since many scripts write vowels with them. Invisible characters are dropped.
    Longer slugs end after the last whole word, or within the first one.
    """
    if text.isascii():
        # Most texts. The rest of this function gives the same, in ten times the time.
        slug = _shorten("-".join(_ASCII_WORD.findall(text.lower().replace("'", ""))), max_length)
        return slug if any(map(str.isalnum, slug)) else ""
    # The lower case of "İ" would have a second dot.
    text = _EMOJI_MARKS.sub("", text.replace("İ", "I"))
    text = unicodedata.normalize("NFKC", text).lower().translate(_APOSTROPHES)
    if ascii_only:
        text = unicodedata.normalize("NFKD", text).translate(_ASCII_LETTERS)
        text = "".join(character for character in text if not _is_mark(character)).encode("ascii", "replace").decode()
    words = re.split(r"[-\s]+", "".join(map(_word_character, text)))
    slug = "-".join(filter(None, map(_without_leading_marks, words)))
    # lower() and translate() can leave a letter beside a mark that compose.
    slug = _shorten(unicodedata.normalize("NFC", slug), max_length)
    return slug if any(map(str.isalnum, slug)) else ""


def unused_slug(stem: str, is_taken: Callable[[str], bool]) -> str:
    """Return `stem`, or `stem` with the first number from 2 that is not taken."""
    slug, number = stem, 1
    while is_taken(slug):
        number += 1
        slug = f"{stem}-{number}"
    return slug


def is_slug(text: str) -> bool:
    """Return whether `text` has only letters, combining marks, digits, underscores and hyphens, and at least one."""
    return bool(text) and all(character in "-_" or unicodedata.category(character)[0] in "LMN" for character in text)


def validate_slug(value: str) -> None:
    """Raise ValidationError unless `value` is a slug."""
    if not is_slug(value):
        raise ValidationError("Enter a slug of letters, numbers, underscores and hyphens.", code="invalid")


class UnicodeSlugFormField(forms.SlugField):
    """Takes slugs in any script, and makes one of other text."""

    default_validators = [validate_slug]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs | {"allow_unicode": False})
        # Read by the admin's script. Django's field would also set its own validator.
        self.allow_unicode = True

    def to_python(self, value: Any) -> Any:
        """Return the slug with composed characters, so that equal slugs are equal strings."""
        text = unicodedata.normalize("NFC", super().to_python(value) or "")
        return text if is_slug(text) else slugify(text, self.max_length or len(text)) or text


class UnicodeSlugField(models.SlugField):  # type: ignore[type-arg]
    """Stores slugs in any script. Django's own refuses combining marks, and so most words in Hindi."""

    default_validators = [validate_slug]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"allow_unicode": True})
        # Set by Django's field for `allow_unicode`.
        self.default_validators = [validate_slug]

    def formfield(self, **kwargs: Any) -> Any:
        """Return the form field."""
        return super().formfield(**{"form_class": UnicodeSlugFormField, **kwargs})

    def deconstruct(self) -> Any:
        """Return Django's field, since the columns are the same."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.SlugField", args, kwargs


def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("M")


def _without_leading_marks(word: str) -> str:
    """Return `word` from its first character that is no mark: a mark without a letter cannot be seen or typed."""
    start = next((index for index, character in enumerate(word) if not _is_mark(character)), len(word))
    return word[start:]


def _word_character(character: str) -> str:
    category = unicodedata.category(character)
    if category[0] in "LMN" or character == "_":
        return character
    return "" if category == "Cf" else " "


def _shorten(slug: str, max_length: int) -> str:
    if len(slug) <= max_length:
        return slug
    whole_words = slug[: max_length + 1].rpartition("-")[0]
    if len(whole_words) * 2 >= max_length:
        return whole_words.strip("-")
    end = max_length
    while end > 1 and _is_mark(slug[end]):
        end -= 1
    return slug[:end].strip("-")
