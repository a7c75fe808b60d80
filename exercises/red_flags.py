"""The warning signs of several body regions, the gravest first."""

from collections.abc import Iterable
from itertools import zip_longest
from typing import NamedTuple

from exercises.models import BodyRegion

# More of them above an exercise would not be read.
MAX_SHOWN = 4


class RedFlags(NamedTuple):
    """The signs that are shown, and those that a click shows."""

    shown: list[str]
    folded: list[str]


def red_flags(regions: Iterable[BodyRegion]) -> RedFlags:
    """Return the distinct signs of `regions`: the first one of each region, then the second ones, and so on.

    Regions list their gravest signs first. A single sign is not folded.
    """
    rows = zip_longest(*(region.red_flag_list for region in regions), fillvalue="")
    signs = list(dict.fromkeys(sign for row in rows for sign in row if sign))
    limit = MAX_SHOWN if len(signs) > MAX_SHOWN + 1 else len(signs)
    return RedFlags(signs[:limit], signs[limit:])
