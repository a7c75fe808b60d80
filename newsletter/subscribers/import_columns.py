"""What the columns of a subscriber export mean, by their names and by the values in them.

The names are those of our own export and of the services in tests/newsletter/subscribers/exports.py, which says where
each name comes from.
"""

import re
from collections.abc import Iterable
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from newsletter.subscribers import import_languages as languages
from newsletter.subscribers.import_dates import DateError, is_empty_date, is_month_first, parse_date_time
from plaintext.characters import strip_invisible_characters
from plaintext.csv_reader import normalize_heading
from plaintext.folding import fold


class Use(Enum):
    """How a column is used. The value is what the preview says about it."""

    EMAIL = "Email address"
    NAME = "Name"
    FIRST_NAME = "First name"
    LAST_NAME = "Last name"
    LANGUAGE = "Language"
    PAUSED_UNTIL = "Paused until"
    TOPICS = "Topics"
    STATUS = "Status"
    CONFIRMED = "Proof of confirmation"
    OPTED_IN = "Consent: people without it are not confirmed"
    SUBSCRIBED = "Status: “no” means unsubscribed"
    UNSUBSCRIBED = "Status: a date or “yes” means unsubscribed"
    BOUNCED = "Status: a date or “yes” means bounced"
    COMPLAINED = "Status: a date or “yes” means marked as spam"
    UNSUBSCRIBE_REASON = "Status: any text means unsubscribed"
    IGNORED = "Not imported"


_NAMES = {
    Use.EMAIL: (
        "email emailaddress subscriberemail subscriber useremail contactemail primaryemail emailadresse mail "
        "email1 email1value"
    ),
    Use.NAME: "name fullname subscribername",
    Use.FIRST_NAME: "firstname fname givenname vorname",
    Use.LAST_NAME: "lastname lname surname familyname nachname",
    Use.LANGUAGE: "language locale lang",
    Use.PAUSED_UNTIL: "pauseduntil",
    Use.TOPICS: "topics",
    Use.STATUS: (
        "status globalstatus liststatus subscriberstatus emailstatus emailpermissionstatus subscriptionstatus "
        "subscriptionstate subscriberstate emailsubscriberstatus emailsubscriptionstatus emailmarketingstatus "
        "mailingstatus mailingliststatus contactstatus memberstatus optinstatus transactionalemailstatus "
        "promotionalemailstatus"
    ),
    Use.CONFIRMED: (
        "confirmedat confirmtime confirmed confirmationtime confirmationdate confirmdate dateconfirmed "
        "confirmedon isconfirmed emailconfirmed verified isverified emailverified verifiedat verifiedon "
        "verificationdate doubleoptin doubleoptindate doubleoptintime doubleoptinconfirmed optinconfirmed doi "
        "doiconfirmed doiconfirmedat isthissubscriberconfirmed"
    ),
    Use.OPTED_IN: "optin optedin emailoptin consent emailconsent marketingconsent gdprconsent",
    Use.SUBSCRIBED: (
        "subscribedtoemails subscribed issubscribed acceptsemailmarketing acceptsmarketing emailenabled isactive active"
    ),
    Use.UNSUBSCRIBED: (
        "unsubscribed isunsubscribed unsubtime unsubscribedat unsubscribedon unsubscribedate unsubscribeddate "
        "unsubscribetime unsubscriptiondate unsubscriptiontime dateunsubscribed optedout optout optoutdate "
        "optouttime optedoutat confirmedoptoutdate emailoptout hasoptedoutofemail unsubscribedfromallemail "
        "stoptime stopstatus emaildisabled emailblacklisted blacklisted blocklisted emailblocklisted "
        "donotemail donotmail suppressed blocked isblocked deletedat cancelledat canceledat unsub isunsub globalunsub "
        "unsubdate isexcludedfromcampaigns excludedfromcampaigns isthissubscriberblacklisted"
    ),
    Use.BOUNCED: (
        "cleantime bounced isbounced bouncedat bouncedon bouncedate bouncetime hardbounced hardbounce "
        "hardbouncedat undeliverable undeliverabilitydate undeliverableat cleanedat"
    ),
    Use.COMPLAINED: (
        "complained iscomplained complainedat complaintdate complaintat complaint spam isspam markedasspam "
        "reportedspam spamcomplaint spamreportedat markedasspamat"
    ),
    Use.UNSUBSCRIBE_REASON: (
        "unsubreason unsubreasonother unsubscribereason unsubscriptionreason optoutreason "
        "confirmedoptoutreason undeliverabilityreason"
    ),
}
_USES = {name: use for use, names in _NAMES.items() for name in names.split()}
_USES |= {name: Use[use.upper()] for use, names in languages.HEADINGS.items() for name in names.split()}
# Kinds of records in most files, but the status in Buttondown's.
_KINDS = {"type", "subscribertype"}
_STATUS_USES = frozenset(Use) - {
    *(Use.EMAIL, Use.NAME, Use.FIRST_NAME, Use.LAST_NAME, Use.LANGUAGE, Use.PAUSED_UNTIL, Use.TOPICS, Use.IGNORED)
}
_LOOKS_LIKE_STATUS = re.compile(
    "status$|subscri|unsub|opt(ed)?(in|out)|bounc|complain|blacklist|blocklist|suppress|blocked|spam|consent|disabled"
    f"|confirm|verif|cleaned|undeliver|donot|cancel|inactive|deleted|onhold|gdpr|{languages.LOOKS_LIKE_STATUS}"
)
# Columns about a subscription that never say whether someone left.
_HARMLESS = re.compile(
    "^address|streetaddress|sms|whatsapp|phone|province|region|billing|shipping|activesubscription"
    "|(ip|id|count|rate|url|uri|link|source|campaign|title|tier|plan|period|amount|cents|method|form|page|name|by|since)$"
    f"|^(date)?(subscri(be|bed|ption)|optin|optedin|signup|created|updated)(at|on|date|time)?$|{languages.HARMLESS}"
)
_STATUS_WORDS = {
    "complained": (
        "complained complaint complaints spam spammy junk reportedspam reportedasspam markedasspam "
        "spamcomplaint spamcomplained abuse abused"
    ),
    "bounced": "bounced bounce cleaned undeliverable invalid hardbounce hardbounced softbounce softbounced",
    "unsubscribed": (
        "unsubscribed unsubscribe unsub cancelled canceled optedout optout removed deleted disabled blocked "
        "blacklisted blocklisted suppressed donotmail donotemail donotcontact dnc left former excluded rejected"
    ),
    "pending": (
        "pending unconfirmed notconfirmed unactivated inactive awaitingconfirmation waiting unverified "
        "nopermissionsset nonsubscribed nonsubscriber neversubscribed notsubscribed transactional archived "
        "temporaryhold onhold paused needsattention validating confirmationsent single"
    ),
    "active": (
        "active subscribed confirmed subscriber regular premium gifted trialed trial unpaid pastdue churning "
        "churned free paid comped optedin optin express explicit implied cold engaged intrial notrenewing "
        "guest double accepted"
    ),
}
_STATUSES = {
    word: status
    for words_by_status in (languages.STATUS_WORDS, _STATUS_WORDS)
    for status, words in words_by_status.items()
    for word in words.split()
}
# Words that only a status has. Others, such as “left”, also occur in notes and names.
_UNMISTAKABLE = languages.UNMISTAKABLE | {
    *("unsubscribed", "bounced", "complained", "cleaned", "blacklisted", "blocklisted", "optedout", "hardbounced")
}
# A column called “state” is a region if it has codes such as OR or NSW, or if there are columns of an address.
_REGION_CODE = re.compile(r"[A-Z]{2,3}")
_ADDRESS = re.compile(
    f"city|town|zip|postal|postcode|country|street|address[12]|addressline|latitude|{languages.ADDRESS}"
)
_TRUE = languages.TRUE | {"true", "yes", "y", "t", "on", "x", "✓", "✔", "wahr"}
_FALSE = languages.FALSE | {"false", "no", "n", "f", "off", "falsch"}
# Brevo's API lists the channels that someone is subscribed to, or blocklisted from.
_CHANNELS = re.compile(r"\W*(?:(?:email|sms|whatsapp|push|web_push)_(?:marketing|transactional)\W*)+")
# How many different values of a column are remembered, and how many a sentence names.
_MAX_VALUES, _MAX_NAMED = 200, 5


class Column(NamedTuple):
    """A column of a file: its position, its name as written, and its use."""

    position: int
    heading: str
    use: Use
    month_first: bool = True


class ColumnValues:
    """The values in a column that may say who left, gathered while reading the file once."""

    def __init__(self, position: int, heading: str, use: Use) -> None:
        self.position, self.heading, self.use = position, heading, use
        self.name = normalize_heading(heading)
        self.values: dict[str, None] = {}
        self.has_day_first = False

    def add(self, text: str) -> None:
        """Remember a cell, unless there are too many different ones for a status."""
        if text in self.values or not text:
            return
        if len(self.values) < _MAX_VALUES or _squeeze(text) in _UNMISTAKABLE:
            self.values[text] = None
        if self.use in _STATUS_USES and not self.has_day_first:
            self.has_day_first = not is_month_first((text,))

    def decide(self, *, has_address: bool) -> Column:
        """Return the use of the column. Raise UnknownColumn if it looks like a status and its values are unknown."""
        use = self._decide_by_values(has_address) if self.use is Use.IGNORED else self.use
        column = Column(self.position, self.heading, use, not self.has_day_first)
        if use in _STATUS_USES and self.values and all(read_status(column, text) is None for text in self.values):
            raise UnknownColumn(self)
        return column

    def _decide_by_values(self, has_address: bool) -> Use:
        known = [text for text in self.values if _status_word(text)]
        if self.name in _KINDS:
            return Use.STATUS if known else Use.IGNORED
        if _HARMLESS.search(self.name) or not self.values:
            return Use.IGNORED
        if self.name.endswith(languages.STATES):
            is_region = not known and (has_address or all(map(_REGION_CODE.fullmatch, self.values)))
            is_suspicious = not is_region
        else:
            is_suspicious = bool(_LOOKS_LIKE_STATUS.search(self.name))
        if any(_squeeze(text) in _UNMISTAKABLE for text in known) or is_suspicious:
            if not known or (len(known) < len(self.values) and not self.name.endswith(languages.STATES)):
                raise UnknownColumn(self)
            return Use.STATUS
        return Use.IGNORED


class UnknownColumn(ValueError):  # noqa: N818
    """Raised for a column that may say who left, but not in words that are known."""

    def __init__(self, column: ColumnValues) -> None:
        values = ", ".join(f"“{text[:40]}”" for text in list(column.values)[:_MAX_NAMED])
        more = len(column.values) - _MAX_NAMED
        others = f" and {more} more" if more > 0 else ""
        super().__init__(
            f"The column “{column.heading}” may say who unsubscribed, but its values are not known here:"
            f" {values}{others}. Nothing was imported. If it does say that, rename the column to “status” and write"
            " subscribed, unsubscribed, pending, bounced or complained in it. Otherwise, delete the column."
        )


def assign_uses(headings: Iterable[str]) -> list[Use]:
    """Return the use of each column by its name alone. Of several columns for the same purpose, the first is used."""
    uses: list[Use] = []
    names = [normalize_heading(heading) for heading in headings]
    best_email = next((name for name, use in _USES.items() if use is Use.EMAIL and name in names), None)
    for name in names:
        # HubSpot has a column for each kind of email.
        use = Use.UNSUBSCRIBED if name.startswith("optedoutofemail") else _USES.get(name, Use.IGNORED)
        is_repeated = use in uses and use not in _STATUS_USES
        uses.append(Use.IGNORED if is_repeated or (use is Use.EMAIL and name != best_email) else use)
    return uses


def can_say_who_left(use: Use) -> bool:
    """Return True for a column whose values must be examined: every status, and every column of unknown use."""
    return use in _STATUS_USES or use is Use.IGNORED


def is_part_of_address(heading: str) -> bool:
    """Return True for the name of a column with a city, a country and the like."""
    return bool(_ADDRESS.search(normalize_heading(heading)))


def is_status(use: Use) -> bool:
    """Return True for a column whose values say who is subscribed, who left, or who confirmed."""
    return use in _STATUS_USES


@lru_cache(maxsize=4096)
def read_status(column: Column, text: str) -> str | None:
    """Return the status that a cell stands for, "confirmed" for a proof, "" for nothing, or None if it is unknown."""
    text = strip_invisible_characters(text)
    if is_empty_date(text):
        if column.use is Use.STATUS:
            # Constant Contact leaves the status of people empty who never agreed to get email.
            return None if text == "0" else "pending" if normalize_heading(column.heading) == "emailstatus" else ""
        return _status_of_flag(column.use, is_set=False) if text == "0" else ""
    if column.use is Use.UNSUBSCRIBE_REASON:
        return "unsubscribed"
    if word := _status_word(text):
        # In beehiiv's “Status”, these people unsubscribed. Elsewhere they have not confirmed or read nothing for long.
        if column.use is Use.STATUS and column.heading.lower() == "status" and _squeeze(text) == "inactive":
            return "unsubscribed"
        return "confirmed" if column.use is Use.CONFIRMED and word == "active" else word
    return None if column.use is Use.STATUS else _read_flag(column, text)


def _read_flag(column: Column, text: str) -> str | None:
    lower = fold(text)
    if _CHANNELS.fullmatch(lower):
        return _status_of_flag(column.use, is_set="email_marketing" in lower)
    is_positive = column.use in (Use.CONFIRMED, Use.OPTED_IN, Use.SUBSCRIBED)
    # Brevo writes 2 for “no”. In columns of people who left, other numbers are codes of a reason.
    if lower in _FALSE or (lower == "2" and is_positive):
        return _status_of_flag(column.use, is_set=False)
    if lower in _TRUE or lower == "1" or (lower.isdecimal() and len(lower) < 3 and not is_positive):
        return _status_of_flag(column.use, is_set=True)
    try:
        is_date = parse_date_time(text, month_first=column.month_first) is not None
    except DateError:
        is_date = True
    return _status_of_flag(column.use, is_set=True) if is_date else None


_FLAGS = {
    Use.CONFIRMED: ("confirmed", "pending"),
    Use.OPTED_IN: ("active", "pending"),
    Use.SUBSCRIBED: ("active", "unsubscribed"),
    Use.UNSUBSCRIBED: ("unsubscribed", ""),
    Use.BOUNCED: ("bounced", ""),
    Use.COMPLAINED: ("complained", ""),
}


def _status_of_flag(use: Use, *, is_set: bool) -> str | None:
    return _FLAGS[use][0 if is_set else 1] if use in _FLAGS else None


def _status_word(text: str) -> str:
    """Return the status that a word stands for, or ""."""
    return _STATUSES.get(_squeeze(text), "") if len(text) < 60 else ""


def _squeeze(text: str) -> str:
    """Return a folded `text` without spaces, hyphens and underscores."""
    return re.sub(r"[\s_-]", "", fold(text)) if len(text) < 60 else ""
