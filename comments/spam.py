"""Decide which comments are put into spam: by the rules in the settings, and by what moderators decided before.

Nothing leaves this server. The filter learns from the comments themselves, so a changed decision or an erased comment
needs no second step, and no table of words can disagree with them.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from django.db.models import Count, Max

from comments.bodies import links
from comments.models import Comment, CommentQuerySet, CommentSettings
from plaintext.folding import fold

# The newest decisions of each kind that the filter learns from.
LEARNED_FROM = 500
# With fewer, the filter says nothing.
MIN_OF_EACH = 5
# How sure the filter must be. A moderator looks into spam less often than at the pending comments.
THRESHOLD = 0.95
# The words that count: those that say most. Long texts do not outvote a few clear words.
MAX_WORDS = 20
# How many sightings a word needs before it says much: the strength of the assumption that it says nothing.
_PRIOR = 1.0
_WORD = re.compile(r"[\w’'-]{3,40}")


def reason_to_hold(comment: Comment) -> str:
    """Return why the comment belongs into spam, as a sentence for the moderator; "" if it does not."""
    settings = CommentSettings.load()
    targets = links(comment.body)
    if len(targets) > settings.max_links:
        return f"It has {len(targets)} links."
    text = fold(" ".join((comment.name, comment.email, comment.website, comment.text, *targets)))
    for line in settings.spam_words.splitlines():
        if (word := fold(line.strip())) and word in text:
            return f"It contains “{line.strip()[:100]}”."
    model = train()
    if model and model.probability(features(comment)) > THRESHOLD:
        return "It resembles comments that were marked as spam."
    return ""


@dataclass(frozen=True)
class Model:
    """How many comments of each kind contain a feature."""

    spam: Counter[str]
    approved: Counter[str]
    spam_total: int
    approved_total: int

    def probability(self, found: Iterable[str]) -> float:
        """Return how likely a comment with these features is spam, if both kinds were equally common."""
        evidence = sorted((self._log_odds(feature) for feature in set(found)), key=abs, reverse=True)[:MAX_WORDS]
        return 1 / (1 + math.exp(-max(-500.0, min(500.0, math.fsum(evidence)))))

    def _log_odds(self, feature: str) -> float:
        spam = self.spam[feature] / self.spam_total
        approved = self.approved[feature] / self.approved_total
        if not spam + approved:
            return 0.0
        sightings = self.spam[feature] + self.approved[feature]
        # Robinson's estimate: one sighting moves the probability only part of the way from one half.
        share = (_PRIOR * 0.5 + sightings * spam / (spam + approved)) / (_PRIOR + sightings)
        return math.log(share / (1 - share))


def train() -> Model | None:
    """Return the model of the newest decisions of people, or None if there are too few."""
    return _train(tuple(_decided().aggregate(Count("pk"), Max("moderated_at")).values()))


@lru_cache(maxsize=1)
def _train(version: tuple[object, ...]) -> Model | None:
    """Train once per `version`, which changes with every decision."""
    rows = _decided().order_by("-moderated_at", "-pk").only("name", "email", "website", "body")
    spam = list(rows.filter(status=Comment.Status.SPAM)[:LEARNED_FROM])
    approved = list(rows.filter(status=Comment.Status.APPROVED)[:LEARNED_FROM])
    if min(len(spam), len(approved)) < MIN_OF_EACH:
        return None
    return Model(_count(spam), _count(approved), len(spam), len(approved))


def _decided() -> CommentQuerySet:
    """Return what visitors wrote and people decided about."""
    kinds = (Comment.Status.SPAM, Comment.Status.APPROVED)
    return Comment.objects.filter(moderated_at__isnull=False, author=None, status__in=kinds).exclude(body="")


def features(comment: Comment) -> set[str]:
    """Return what the filter compares of a comment: its words, the hosts that it links to, and the kind of sender."""
    words = {f"word {word}" for word in _WORD.findall(fold(comment.text))}
    targets = links(comment.body)
    hosts = {f"host {_host(url)}" for url in (*targets, comment.website) if url}
    names = {f"name {word}" for word in _WORD.findall(fold(comment.name))}
    domain = comment.email.rpartition("@")[2].lower()
    return words | hosts | names | {f"mail {domain}", f"links {min(len(targets), 3)}", f"site {bool(comment.website)}"}


def _count(comments: Iterable[Comment]) -> Counter[str]:
    return Counter(feature for comment in comments for feature in features(comment))


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
