"""Affiliate programs. Their rules are stored as data, and all other modules follow them."""

import time
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q

from affiliates import shop_urls
from affiliates.disclosure import DISCLOSURE
from affiliates.shop_urls import AMAZON_HOSTS
from richtext.links import matches_domain

# Operating Agreement of the Associates Program (identification, Program Policies: email, cloaking, prices).
AMAZON: dict[str, Any] = {
    "name": "Amazon",
    "network": "amazon",
    "hosts": "\n".join(AMAZON_HOSTS),
    "tag_parameter": "tag",
    "allows_redirect": False,
    "allows_email": False,
    "allows_bots": False,
    "price_hours": 24,
    "disclosure": f"{DISCLOSURE}\nAs an Amazon Associate I earn from qualifying purchases.",
    "statements": "As an Amazon Associate I earn from qualifying purchases.\n"
    "This site is a participant in the Amazon Services LLC Associates Program, an affiliate advertising program"
    " designed to provide a means for sites to earn advertising fees by advertising and linking to Amazon.com.",
}


class ProgramQuerySet(models.QuerySet["Program"]):
    """Find programs."""

    def amazon(self) -> "Program":
        """Return Amazon's program, created with its rules if necessary. The author fills in the tag."""
        return self.filter(network=Program.Network.AMAZON).order_by("pk").first() or self.create(**AMAZON)


class Program(models.Model):
    """A shop or network that pays for links, with its rules."""

    class Network(models.TextChoices):
        """The networks whose rules are built in, and all others."""

        AMAZON = "amazon", "Amazon"
        OTHER = "other", "Other shop or network"

    name = models.CharField(max_length=80, unique=True, help_text="Shown on buttons: “See it at …”.")
    network = models.CharField(
        "network",
        max_length=10,
        choices=Network,
        default=Network.OTHER,
        help_text="Amazon's rules are built in: its links are direct, never appear in emails, and are shortened.",
    )
    hosts = models.TextField(
        "domains",
        help_text="The domains of the shop, one per line, such as shop.example.com. Links to them in your posts are"
        " treated as affiliate links.",
    )
    tag = models.CharField(
        "your tag",
        max_length=100,
        blank=True,
        help_text="Your ID in the program. It is added to every link, so you only change it here.",
    )
    tag_parameter = models.CharField(
        "tag parameter",
        max_length=40,
        blank=True,
        help_text="The URL parameter of your tag: “tag” in …?tag=yours-20. Leave empty if each URL contains your tag.",
    )
    allows_redirect = models.BooleanField(
        "allow redirects",
        default=True,
        help_text="Links look like /go/roller/ and redirect to the shop. Otherwise they link to the shop directly.",
    )
    allows_email = models.BooleanField(
        "allow in emails",
        default=False,
        help_text="Otherwise emails link to the page on your site instead.",
    )
    allows_bots = models.BooleanField(
        "allow link checks",
        default=False,
        help_text="Whether the site may check from time to time that a page still exists, without your tag.",
    )
    price_hours = models.PositiveSmallIntegerField(
        "hours to show prices",
        default=0,
        help_text="How long a price may be shown after you checked it. 0 hides all prices.",
    )
    disclosure = models.TextField(
        default=DISCLOSURE,
        help_text="Shown before the first affiliate link of every text. Lines shared by several programs appear once.",
    )
    statements = models.TextField(
        blank=True,
        help_text="Sentences the program requires in the footer of every page, one per line. Shown while a link"
        " is in use.",
    )

    objects = ProgramQuerySet.as_manager()

    class Meta:
        """Sorted by name, with Amazon's rules."""

        ordering = ("name",)
        constraints = [
            models.CheckConstraint(
                condition=Q(network__in=("amazon", "other")), name="affiliates_program_network_valid"
            ),
            models.CheckConstraint(
                condition=~Q(network="amazon")
                | Q(allows_redirect=False, allows_email=False, allows_bots=False, price_hours__lte=24),
                name="affiliates_program_amazons_rules",
                violation_error_message="Amazon does not allow this. Its links must be direct, must not be emailed or"
                " checked by bots, and prices may be shown for at most 24 hours.",
            ),
            models.CheckConstraint(condition=~Q(disclosure=""), name="affiliates_program_has_disclosure"),
            models.CheckConstraint(
                condition=Q(tag="") | ~Q(tag_parameter=""),
                name="affiliates_program_tag_has_parameter",
                violation_error_message="Enter the tag parameter, such as “tag” in …?tag=yours-20.",
            ),
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name

    @property
    def host_list(self) -> list[str]:
        """Return the domains of the program."""
        return self.hosts.split()

    def earns_from(self, url: str) -> bool:
        """Return whether a pasted `url` of the shop may earn a commission. Without anyone's tag it is a plain link."""
        if not self.tag_parameter or self.tag:
            return True
        is_short = matches_domain(shop_urls.host_of(url), shop_urls.SHORTENER_HOSTS)
        return is_short or bool(shop_urls.get_tag(url, self.tag_parameter))

    def clean(self) -> None:
        """Normalize the domains. Raises ValidationError for invalid ones and those of another program."""
        hosts = []
        for line in self.hosts.lower().split():
            host = (shop_urls.host_of(line) or line).removeprefix("www.").strip("/")
            if shop_urls.amazon_domain(host) and self.network != self.Network.AMAZON:
                raise ValidationError({"hosts": f"{host} belongs to Amazon. Choose Amazon as the network."})
            if self.network == self.Network.AMAZON and not shop_urls.amazon_domain(host):
                raise ValidationError({"hosts": f"{host} is not an Amazon domain. Add it to another program."})
            try:
                hosts.append(shop_urls.parse_shop_url(host).netloc)
            except ValidationError as error:
                raise ValidationError({"hosts": error.messages}) from error
        for other in Program.objects.exclude(pk=self.pk):
            if shared := set(hosts) & set(other.host_list):
                raise ValidationError({"hosts": f"{', '.join(sorted(shared))} already belongs to “{other}”."})
        self.hosts = "\n".join(dict.fromkeys(hosts))

    def save(self, **kwargs: Any) -> None:
        """Save, and clear the cached domains of all programs."""
        super().save(**kwargs)
        _host_cache.clear()
        # Another request may have cached the old domains before this transaction committed.
        transaction.on_commit(_host_cache.clear)


def find_program(programs: list[Program], host: str) -> Program | None:
    """Return the program that covers `host`: the most specific one, or Amazon's for all Amazon domains."""
    matches = [
        (len(domain), -program.pk, program)
        for program in programs
        for domain in program.host_list
        if matches_domain(host, [domain])
    ]
    if not matches and shop_urls.is_amazon(host):
        return next((program for program in programs if program.network == Program.Network.AMAZON), None)
    return max(matches)[2] if matches else None


_AMAZON_HOSTS = (*AMAZON_HOSTS, *shop_urls.SHORTENER_HOSTS)


class _HostCache:
    """The domains of all programs, cached for a minute so that ordinary links cost no query.

    A program added by another process is recognized within that minute. Amazon's domains are always included.
    """

    SECONDS = 60.0

    def __init__(self) -> None:
        self._expires_at, self._hosts = 0.0, _AMAZON_HOSTS

    def clear(self) -> None:
        self._expires_at = 0.0

    def all(self) -> tuple[str, ...]:
        if time.monotonic() > self._expires_at:
            stored = Program.objects.order_by().values_list("hosts", flat=True)
            self._hosts = (*_AMAZON_HOSTS, *(host for hosts in stored for host in hosts.split()))
            self._expires_at = time.monotonic() + self.SECONDS
        return self._hosts


_host_cache = _HostCache()


def is_program_host(host: str) -> bool:
    """Return whether a link to `host` may be an affiliate link. Rarely needs a query."""
    return bool(host) and matches_domain(host, _host_cache.all())
