"""What the site answers at, told by the rooms above: this room knows no page itself."""

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import NamedTuple

from redirects.normalize import key_of


class Places(NamedTuple):
    """What a room knows of its addresses, whose paths come without the outer slashes."""

    why_dead: Callable[[set[str]], dict[str, str]]  # of the given ones, those without a page, with the reason
    live: Callable[[], Iterable[str]]  # those with one, for suggestions


_known: list[Places] = []


def register(places: Places) -> None:
    """Ask `places` from now on. For the AppConfig of the room that knows every page."""
    _known.append(places)


def are_known() -> bool:
    """Whether any room has told its addresses."""
    return bool(_known)


def why_dead(keys: Iterable[str]) -> dict[str, str]:
    """Those of the paths `keys` at which readers find nothing, with the reason. Nobody asked means no reason known."""
    wanted = {key.strip("/") for key in keys}
    found: dict[str, str] = {}
    for places in _known if wanted else ():
        found |= places.why_dead(wanted)
    return {f"/{place}": reason for place, reason in found.items()}


def most_similar(key: str) -> str:
    """The address with a page that is written most like `key`; "" when none is.

    The last part says most, since old addresses often had a date or a topic before it.
    """
    live = {key_of(place): place for places in _known for place in places.live()}
    near = get_close_matches(key, live, n=1, cutoff=0.75)
    if not near:
        names = {name.rpartition("/")[2]: name for name in reversed(live)}
        near = [names[name] for name in get_close_matches(key.rpartition("/")[2], names, n=1, cutoff=0.6)]
    return f"/{live[near[0]]}/" if near else ""
