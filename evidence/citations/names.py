"""Read lists of authors in the forms of citation styles."""

import re

from evidence.citations.record import Name

_UPPER = r"[^\W\d_a-zß-öø-ÿ]"
_PARTICLE = (
    r"(?:(?:[Vv]an|[Vv]on|[Dd]er|[Dd]en|[Dd]e|[Dd]el|[Dd]ella|[Dd]i|[Dd]a|[Dd]os?|[Dd]u|[Ll]a|[Ll]e|[Ee]l|[Aa]l|[Tt]en|[Tt]er"
    r"|zu|zur|af|av|[Bb]in|[Ii]bn|y|e|’t|'t)\s)*"
)
_WORD = rf"(?:St\.\s|(?:al|el|[Dd]|ʼ?t)[-’'])?(?:[a-z]{{1,3}})?{_UPPER}[\w’'‘`‐‑–-]*"
_FAMILY = rf"{_PARTICLE}{_WORD}(?:\s{_PARTICLE}{_WORD}){{0,3}}?"
_SUFFIX = r"(?:,?\s(?:Jr|Sr|II|III|IV|2nd|3rd|4th)\b\.?)?"
# "AR", "A-R", "A R"; "A. R.", "A.-R.", "A.R."
_COMPACT = rf"{_UPPER}(?:[-‐‑\s]?{_UPPER}){{0,3}}(?![\w’'])"
_DOTTED = rf"{_UPPER}[a-z]?\.(?:\s?[-‐‑]?\s?{_UPPER}[a-z]?\.){{0,4}}"
_LOOSE = rf"{_UPPER}(?:\s?[-‐‑]?{_UPPER}){{0,3}}(?![\w’'])\.?"
_GIVEN = rf"{_UPPER}[\w’'-]+(?:\s{_UPPER}[\w’'-]*\.?){{0,2}}"
_AND = r"\s*(?:,?\s*(?:&|\band\b|\bund\b)\s+|[,;]\s+(?:(?:&|and)\s+)?)"
_ET_AL = (
    r"(?:[,;]?\s*(?:(?:and|&)\s+)?(?:et\.?\s+al(?:ii)?\b\.?|and others\b\.?|…\s*(?:&\s*)?|\.\s?\.\s?\.\s*(?:&\s*)?))"
)

_NAME_ENDS = r"(?=\s*[,;.:&(“\"]|\s*$|\s(?:and|et|eds?)\b)"

# One author in each form. The order of the forms is that of their strictness.
_FORMS = {
    "compact": rf"(?P<family>{_FAMILY})\s(?P<given>{_COMPACT}){_SUFFIX}",
    "inverted": rf"(?P<family>{_FAMILY}),\s?(?P<given>{_DOTTED}){_SUFFIX}",
    "natural": rf"(?P<given>{_DOTTED})\s?(?P<family>{_FAMILY}){_SUFFIX}{_NAME_ENDS}",
    "loose": rf"(?P<family>{_FAMILY}),\s(?P<given>{_LOOSE}){_SUFFIX}",
    "dotted": rf"(?P<family>{_FAMILY})\s(?P<given>{_DOTTED}){_SUFFIX}",
    "full": rf"(?P<family>{_FAMILY}),\s(?P<given>{_GIVEN}){_SUFFIX}",
    "written": rf"(?P<given>{_GIVEN})\s(?P<family>{_FAMILY}){_SUFFIX}{_NAME_ENDS}",
}
_AUTHOR = {form: re.compile(pattern) for form, pattern in _FORMS.items()}
_SEPARATOR = re.compile(_AND)
_END = re.compile(_ET_AL)
# Authors after the first one may be in the natural order: "Fransen, M., S. McConnell, and A. R. Harmer".
_FOLLOWERS = {"inverted": ("inverted", "natural"), "full": ("full", "written"), "loose": ("loose", "compact")}
# "Li Q, Wu X; Pain Study Group." and "Li Q, for the Pain Study Group."
_GROUP = re.compile(
    r"(?:;\s(?:and\s)?(?:(?:on behalf of|for)\s)?|[,;]?\s(?:on behalf of|for)\s)(?:the\s)?"
    r"(?P<group>[^.;:]{3,150}?)(?=[.;:]|$)"
)
_FAMILY_ET_AL = re.compile(rf"(?P<family>{_FAMILY}){_ET_AL}")
_EDITORS = re.compile(r",?\s*\(?\b(?:editors?|eds?\.?)\)?", re.IGNORECASE)
_ORGANIZATION = re.compile(
    r"\b(?:of|for|the|Association|Society|College|Academy|Committee|Group|Institutes?|Department|University|Network"
    r"|Organi[sz]ation|Collaborat\w+|Consortium|Investigators|Foundation|Council|Cent(?:er|re)s?|Agency|Ministry"
    r"|Federation|Initiative|Panel|Team|Task Force|Service)\b"
)
MAX_AUTHORS = 3000


def read_names(text: str, *, whole: bool = False) -> tuple[tuple[Name, ...], bool, int]:
    """Return the authors at the start of `text`, whether the list ends with "et al.", and where the list ends.

    With `whole`, the list has to fill the text. Without a list, the end is 0.
    """
    best: tuple[tuple[Name, ...], bool, int] = ((), False, 0)
    for form in _FORMS:
        if form in {"full", "written"} and (not whole or _ORGANIZATION.search(text)):
            continue
        found = _read(text, form)
        rest = text[found[2] :].strip(" .,;:")
        if found[0] and (not rest if whole else _ends_list(text, found[2], found[1], form)) and found[2] > best[2]:
            best = found
        if best[0] and form == "dotted":
            break
    if not best[0] and (match := _FAMILY_ET_AL.match(text)) and not text[match.end() :].strip(" .,;:")[:1].islower():
        return (Name(match["family"]),), True, match.end()
    return best


def names_organization(text: str) -> bool:
    """Return whether `text` has a word of names of organizations."""
    return bool(_ORGANIZATION.search(text))


def _ends_list(text: str, end: int, has_more: bool, form: str) -> bool:
    """Return whether what follows a list is the end of a sentence, not more words.

    After "et al" and after names such as "N. E. Foster", a title may follow without a period.
    """
    rest = text[end:]
    if re.match(r"\s+[A-Z]" if has_more else r",\s[A-Z]", rest) and (has_more or form in {"natural", "inverted"}):
        return True
    return not rest or bool(re.match(r"\s*[.:(“\"‘]|\s*,\s*[“\"‘(\d]", rest)) or text[end - 1] in ".…&"


def _read(text: str, form: str) -> tuple[tuple[Name, ...], bool, int]:
    names: list[Name] = []
    position = end = 0
    forms: tuple[str, ...] = (form,)
    while len(names) < MAX_AUTHORS:
        match = next((m for each in forms if (m := _AUTHOR[each].match(text, position))), None)
        if match is None:
            break
        names.append(Name(" ".join(match["family"].split()), _spaced(match["given"])))
        end = match.end()
        forms = _FOLLOWERS.get(form, (form,))
        if more := _END.match(text, end):
            last = next((m for each in forms if (m := _AUTHOR[each].match(text, more.end()))), None)
            # APA shows the last author after an ellipsis.
            if last and "al" not in more[0]:
                names.append(Name(" ".join(last["family"].split()), _spaced(last["given"])))
                return tuple(names), True, last.end()
            return tuple(names), True, more.end()
        if separator := _SEPARATOR.match(text, end):
            position = separator.end()
        elif form == "compact" and text[end : end + 1] == " ":
            # "Li Q Wu XY Yu Z."
            position = end + 1
        else:
            break
    if group := _GROUP.match(text, end) if names else None:
        return (*names, Name(group["group"].strip())), False, group.end()
    if editors := _EDITORS.match(text, end) if names else None:
        end = editors.end()
    return tuple(names), False, end


def _spaced(given: str) -> str:
    """Return initials as "A. R."; names in full stay."""
    compact = re.sub(r"[\s.]", "", given)
    if not re.fullmatch(rf"{_UPPER}[a-z]?(?:[-‐‑]?{_UPPER}[a-z]?){{0,4}}", compact) or re.search(r"[a-z]{2}", given):
        return given.strip()
    parts = re.findall(rf"[-‐‑]?{_UPPER}[a-z]?", compact)
    return re.sub(r"\s-", "-", " ".join(f"{part.replace('‐', '-').replace('‑', '-')}." for part in parts))
