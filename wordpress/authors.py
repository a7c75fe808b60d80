"""Who wrote a text, by the names that visitors may see."""

import hashlib
import re
from dataclasses import replace
from functools import cached_property

from django.utils.html import escape
from django.utils.text import get_text_list

from plaintext.folding import fold
from plaintext.slugs import slugify
from wordpress.reader import Author, Export, Item

_EMAIL = re.compile(r"\S+@\S+")
# The prefix that Co-Authors Plus gives the slugs of its terms.
_COAUTHOR_PREFIX = "cap-"


def public_name(author: Author) -> str:
    """Return the name shown with an author's texts, or "". An email address is never shown.

    An undeclared creator has only a login, which is all that the export says about them; some programs write the
    name there.
    """
    full_name = f"{author.first_name} {author.last_name}".strip()
    candidates = (author.display_name, full_name, author.login)
    return next((name for name in candidates if name and not _EMAIL.search(name)), "")


class Bylines:
    """Find the authors of items in one export: by login, by name, and those of the plugin Co-Authors Plus."""

    def __init__(self, export: Export) -> None:
        self._export = export
        self._by_login = {author.login: author for author in export.authors}
        self._declared = [author for author in export.authors if author.wp_id or author.display_name or author.email]
        self._has_coauthors = any(term.taxonomy == "author" for term in export.terms)

    def find(self, login: str) -> Author | None:
        """Return the author that `login` names. Without a login it is the only author, if there is one."""
        if not login:
            return self._declared[0] if len(self._declared) == 1 else None
        return self._by_any_name.get(login) or self._by_any_name.get(_key(login)) or self._by_login.get(login)

    def main_login(self, item: Item) -> str:
        """Return the login of the author to show: the creator, unless Co-Authors Plus lists only others."""
        found = self.find(item.creator)
        creator = found.login if found else item.creator
        logins = [author.login for author in self._coauthors(item)]
        return logins[0] if logins and creator not in logins else creator

    def credit(self, item: Item) -> str:
        """Return a paragraph with the names of the other authors that Co-Authors Plus lists for the item, or ""."""
        main = self.main_login(item)
        names = [public_name(author) for author in self._coauthors(item) if author.login != main]
        named = [name for name in dict.fromkeys(names) if name]
        return f"\n<p><em>Written with {escape(get_text_list(named, 'and'))}.</em></p>" if named else ""

    def _coauthors(self, item: Item) -> list[Author]:
        refs = (ref for ref in item.terms if ref.taxonomy == "author")
        found = []
        for ref in refs:
            login = ref.slug.removeprefix(_COAUTHOR_PREFIX)
            known = self._by_any_name.get(_key(login)) or self._by_any_name.get(_key(ref.name))
            # The slug of a login that is an email address gives the address away.
            found.append(known or Author(ref.name if _EMAIL.search(ref.name) else login, display_name=ref.name))
        return found

    @cached_property
    def _by_any_name(self) -> dict[str, Author]:
        """The declared and guest authors by login, by the slug of the login, and by name."""
        found: dict[str, Author] = {}
        guests = self._guests() if self._has_coauthors else []
        profiles = {_key(login): guest for guest, account in guests for login in (guest.login, account) if login}
        for author in [*self._declared, *(guest for guest, _ in guests)]:
            if profile := profiles.get(_key(author.login)):
                author = replace(author, bio=profile.bio, portrait_id=profile.portrait_id)
            found.setdefault(author.login, author)
            for text in (author.login, slugify(author.login, 200), public_name(author)):
                found.setdefault(_key(text), author)
        return found

    def _guests(self) -> list[tuple[Author, str]]:
        """Return the guest authors, which Co-Authors Plus stores as posts, each with the login of its account or ""."""
        guests = []
        for item in self._export.items_of_site("guest-author"):
            meta = dict(item.meta)
            portrait = meta.get("_thumbnail_id", "")
            login = meta.get("cap-user_login") or item.slug.removeprefix(_COAUTHOR_PREFIX)
            guest = Author(
                login,
                display_name=meta.get("cap-display_name") or item.title,
                first_name=meta.get("cap-first_name", ""),
                last_name=meta.get("cap-last_name", ""),
                bio=meta.get("cap-description", ""),
                portrait_id=int(portrait) if re.fullmatch(r"[0-9]{1,18}", portrait) else 0,
            )
            guests.append((guest, meta.get("cap-linked_account", "")))
        return guests


def _key(name: str) -> str:
    # Some real exports contain creators such as "team>".
    return fold(name.strip("<> "))


def author_key(login: str) -> str:
    """Return what stands for an author in forms. The name used to sign in is private."""
    return hashlib.sha256(login.encode()).hexdigest()[:16]
