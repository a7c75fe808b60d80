"""The tokens of a document that the full-text index of the database contains."""

from collections.abc import Mapping
from functools import lru_cache

from django.conf import settings

from plaintext.folding import fold
from search.words import is_unspaced, stem, texts_of_words

TEXT_FIELDS = ("title", "keywords", "summary", "body")
# Marks a stem among the words of a document. Words contain letters or digits, never both.
STEM_MARK = "0"
# PostgreSQL refuses text vectors of more than one megabyte, and would refuse the document with them. In a vector, a
# token takes its length in UTF-8 and some bytes for its position.
_MAX_VECTOR_SIZE = 800_000
_POSITION_SIZE = 8


def make_tokens(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the token fields of an index entry for some of its texts, by name.

    Tokens are stems between spaces, line by line as in the text. Compounds of a line, such as "warmup" for "warm-up",
    follow its words, so that phrases match with and without them. Fields of words have the distinct words as written
    and their marked stems, for spelling and for searches by the beginning of a word.
    """
    fields: dict[str, str] = {}
    words, keyword_words = set[str](), set[str]()
    size = 0
    for name in TEXT_FIELDS:
        if name in texts:
            lines: list[str] = []
            for line in texts[name].split("\n"):
                tokens = _limit(_line_tokens(line, keyword_words if name == "keywords" else words), size)
                size += _vector_size(tokens)
                lines.append(" ".join(tokens))
            fields[f"{name}_tokens"] = "\n".join(lines)
    if "keywords" in texts:
        fields["keyword_words"] = " ".join(_limit(sorted(keyword_words), 0))
    if "body" in texts:
        fields["words"] = " ".join(_limit(sorted(words), len(fields.get("keyword_words", "")) * 4))
    return fields


def _line_tokens(line: str, words: set[str]) -> list[str]:
    """Return the tokens of a line, and add its words to `words`."""
    language = settings.LANGUAGE_CODE
    found = [_token(text, language) for text in texts_of_words(fold(line))]
    words.update(*[forms for _, forms in found])
    return [token for token, _ in found]


# About 6 MB when full. The words of a thousand long posts hardly miss it more often than one without a limit.
@lru_cache(maxsize=20_000)
def _token(word: str, language: str) -> tuple[str, tuple[str, ...]]:
    """Return the token of a word in the site's language, and what it adds to the distinct words."""
    token = stem(word)
    if is_unspaced(word):
        return token, ()
    return token, (STEM_MARK + token,) if word.isdigit() else (STEM_MARK + token, word)


def _limit(tokens: list[str], size: int) -> list[str]:
    """Return the first of `tokens` that still fit into a vector of `size`."""
    if size + _vector_size(tokens) <= _MAX_VECTOR_SIZE:
        return tokens
    fitting = []
    for token in tokens:
        size += _vector_size([token])
        if size > _MAX_VECTOR_SIZE:
            break
        fitting.append(token)
    return fitting


def _vector_size(tokens: list[str]) -> int:
    return len("".join(tokens).encode()) + _POSITION_SIZE * len(tokens)
