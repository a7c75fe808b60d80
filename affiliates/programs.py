"""Programs that pay for links: the rules of each are data, which everything else asks."""

import time
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q

from affiliates import shop_urls
from affiliates.shop_urls import AMAZON_HOSTS

DISCLOSURE = (
    "Some of the links here are paid links: if you buy something after following one, I may earn a commission. It does"
    " not change your price, or what I say about the thing."
)
# Operating Agreement of the Associates Program (identification, Program Policies: e-mail, cloaking, prices).
AMAZON: dict[str, Any] = {
    "name": "Amazon",
    "network": "amazon",
    "hosts": "\n".join(AMAZON_HOSTS),
    "tag_parameter": "tag",
    "allows_redirect": False,
    "allows_mail": False,
    "allows_robots": False,
    "price_hours": 24,
    "disclosure": f"{DISCLOSURE}\nAs an Amazon Associate I earn from qualifying purchases.",
    "statements": "As an Amazon Associate I earn from qualifying purchases.\n"
    "This site is a participant in the Amazon Services LLC Associates Program, an affiliate advertising program"
    " designed to provide a means for sites to earn advertising fees by advertising and linking to Amazon.com.",
}


class ProgramQuerySet(models.QuerySet["Program"]):
    """Programs by what they cover."""

    def amazon(self) -> "Program":
        """Amazon's program, made with its rules if it is not there; its tag is for the author to fill in."""
        return self.filter(network=Program.Network.AMAZON).order_by("pk").first() or self.create(**AMAZON)


class Program(models.Model):
    """A shop or network that pays for links, with what it allows."""

    class Network(models.TextChoices):
        AMAZON = "amazon", "Amazon"
        OTHER = "other", "Another shop or network"

    name = models.CharField(max_length=80, unique=True, help_text="Readers see it on buttons: “See it at …”.")
    network = models.CharField(
        "kind",
        max_length=10,
        choices=Network,
        default=Network.OTHER,
        help_text="Amazon's rules are built in: links go there directly, never by mail, and its addresses are tidied.",
    )
    hosts = models.TextField(
        "sites",
        help_text="The sites that its links lead to, one a line, such as shop.example.com. Links to any of them in"
        " your texts are treated as paid links.",
    )
    tag = models.CharField(
        "your tag",
        max_length=100,
        blank=True,
        help_text="What the program knows you by. It is added to every link, so you change it only here.",
    )
    tag_parameter = models.CharField(
        "name of the tag",
        max_length=40,
        blank=True,
        help_text="What stands before your tag in an address: “tag” in …?tag=yours-20. Empty if your tag is a part of"
        " each address.",
    )
    allows_redirect = models.BooleanField(
        "may pass through this site",
        default=True,
        help_text="Links then look like /go/roller/ and are counted on the way. If not, they lead to the shop itself.",
    )
    allows_mail = models.BooleanField(
        "may be mailed",
        default=False,
        help_text="If not, a mail leads to the page on your site instead.",
    )
    allows_robots = models.BooleanField(
        "may be checked by robots",
        default=False,
        help_text="Whether the site may look now and then if a page is still there. It asks without your tag.",
    )
    price_hours = models.PositiveSmallIntegerField(
        "hours that a price is shown",
        default=0,
        help_text="How long after you looked it up. 0: prices are never shown.",
    )
    disclosure = models.TextField(
        default=DISCLOSURE,
        help_text="What readers are told before the first of its links, wherever one stands. What several programs"
        " say in the same line is said once.",
    )
    statements = models.TextField(
        blank=True,
        help_text="What the program wants to be said at the foot of every page, one sentence a line. Shown while one of"
        " its links is in use.",
    )

    objects = ProgramQuerySet.as_manager()

    class Meta:
        ordering = ("name",)
        constraints = [
            models.CheckConstraint(
                condition=Q(network__in=("amazon", "other")), name="affiliates_program_network_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(network="amazon")
                | Q(allows_redirect=False, allows_mail=False, allows_robots=False, price_hours__lte=24),
                name="affiliates_program_amazons_rules",
                violation_error_message="Amazon does not allow this: its links must lead there directly, must not be"
                " mailed or opened by robots, and a price may be shown for 24 hours at most.",
            ),
            models.CheckConstraint(condition=~Q(disclosure=""), name="affiliates_program_has_disclosure"),
            models.CheckConstraint(
                condition=Q(tag="") | ~Q(tag_parameter=""),
                name="affiliates_program_tag_has_a_name",
                violation_error_message="Say under “name of the tag” what stands before your tag in an address.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def host_list(self) -> list[str]:
        """The sites that its links lead to."""
        return self.hosts.split()

    def clean(self) -> None:
        """Tidy the sites; ValidationError names what is none, or what another program has."""
        hosts = []
        for line in self.hosts.lower().split():
            host = (shop_urls.host_of(line) or line).removeprefix("www.").strip("/")
            if shop_urls.amazon_of(host) and self.network != self.Network.AMAZON:
                raise ValidationError({"hosts": f"{host} belongs to Amazon: choose Amazon as the kind."})
            if self.network == self.Network.AMAZON and not shop_urls.amazon_of(host):
                raise ValidationError({"hosts": f"{host} is not one of Amazon's sites. Give it a program of its own."})
            hosts.append(shop_urls.read(host).netloc)
        for other in Program.objects.exclude(pk=self.pk):
            if twice := set(hosts) & set(other.host_list):
                raise ValidationError({"hosts": f"{', '.join(sorted(twice))} belongs to “{other}” already."})
        self.hosts = "\n".join(dict.fromkeys(hosts))

    def save(self, **kwargs: Any) -> None:
        """Save; texts are looked through again if it covers other sites than before."""
        from affiliates import references

        with transaction.atomic():
            before = Program.objects.filter(pk=self.pk).values_list("hosts", flat=True).first()
            super().save(**kwargs)
            _hosts.forget()
            # Meanwhile another reader may have learned what held before.
            transaction.on_commit(_hosts.forget)
            # Addresses of Amazon are noted before anybody sets its program up.
            if before != self.hosts and (before or self.network == self.Network.OTHER):
                references.note_all(set((before or "").split()) ^ set(self.host_list))


def covering(programs: list[Program], host: str) -> Program | None:
    """Which of `programs` has links to `host`: the one that names it most exactly; Amazon's for all its sites."""
    named = [
        (len(each), -program.pk, program)
        for program in programs
        for each in program.host_list
        if shop_urls.belongs(host, [each])
    ]
    if not named and shop_urls.is_amazons(host):
        return next((program for program in programs if program.network == Program.Network.AMAZON), None)
    return max(named)[2] if named else None


_ALWAYS = (*AMAZON_HOSTS, *shop_urls.SHORTENED)


class _Hosts:
    """All sites of all programs, remembered for a minute, so that a text with ordinary links costs no query.

    Another process may add a program: Amazon's sites are always among them, and what is not recognised for that
    minute was not before either.
    """

    SECONDS = 60.0

    def __init__(self) -> None:
        self._until, self._known = 0.0, _ALWAYS

    def forget(self) -> None:
        self._until = 0.0

    def all(self) -> tuple[str, ...]:
        if time.monotonic() > self._until:
            told = Program.objects.order_by().values_list("hosts", flat=True)
            self._known = (*_ALWAYS, *(host for hosts in told for host in hosts.split()))
            self._until = time.monotonic() + self.SECONDS
        return self._known


_hosts = _Hosts()


def may_pay(host: str) -> bool:
    """Whether a link to `host` may be one of a program. Nearly always without a query."""
    return bool(host) and shop_urls.belongs(host, _hosts.all())
