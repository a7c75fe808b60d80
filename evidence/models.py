"""The library of references: one row per source, shared by all texts that cite it."""

from datetime import date
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.text import Truncator

from evidence.citations.formatting import format_ama, format_pubmed
from evidence.citations.identifiers import clean_doi, clean_pmid, clean_url
from evidence.citations.record import Name, Record
from evidence.disclaimers.models import Disclaimer
from evidence.glossary.models import Term
from siteinfo.singletons import Singleton

__all__ = ["CitationStyle", "Disclaimer", "EvidenceSettings", "Source", "SourceQuerySet", "Term"]


class CitationStyle(models.TextChoices):
    """How references are written."""

    AMA = "ama", "AMA 11: American Medical Association"
    PUBMED = "pubmed", "PubMed: with all authors, full date and PMID"
    TYPED = "typed", "As typed, and AMA 11 for references that were not typed"


class EvidenceSettings(Singleton):
    """How references look on the whole site."""

    citation_style = models.CharField(
        max_length=10,
        choices=CitationStyle,
        default=CitationStyle.AMA,
        help_text="The style of all lists of references.",
    )

    class Meta:
        verbose_name = "reference settings"

    def __str__(self) -> str:
        return "Reference settings"


class SourceQuerySet(models.QuerySet["Source"]):
    """References of the library."""

    def current(self) -> Self:
        """Filter out duplicates that were merged into another reference."""
        return self.filter(merged_into=None)

    def retracted(self) -> Self:
        """Filter by works that were retracted."""
        return self.current().exclude(retraction="")

    def with_dead_link(self) -> Self:
        """Filter by references whose DOI leads to no page."""
        return self.current().filter(link_failures__gte=FAILURES_UNTIL_DEAD)

    def with_problem(self) -> Self:
        """Filter by references that authors should look at."""
        return self.current().filter(~Q(retraction="") | Q(link_failures__gte=FAILURES_UNTIL_DEAD))


# A doi.org that fails once may be down.
FAILURES_UNTIL_DEAD = 2


class Source(models.Model):
    """A study, guideline, book or page that texts cite."""

    class Kind(models.TextChoices):
        """What the source is, in the types of CSL."""

        ARTICLE = "article-journal", "Journal article"
        BOOK = "book", "Book"
        CHAPTER = "chapter", "Chapter in a book"
        REPORT = "report", "Report or guideline document"
        THESIS = "thesis", "Thesis"
        WEBPAGE = "webpage", "Web page"
        OTHER = "article", "Other"

    class EvidenceLevel(models.TextChoices):
        """The kind of study, from the strongest design down."""

        REVIEW = "review", "Systematic review"
        RANDOMIZED = "rct", "Randomized trial"
        COHORT = "cohort", "Cohort study"
        CASE = "case", "Case study"
        GUIDELINE = "guideline", "Guideline"
        OPINION = "opinion", "Expert opinion"

    class Lookup(models.TextChoices):
        """Whether details are fetched from PubMed or doi.org."""

        NONE = "none", "Nothing to look up"
        WAITING = "waiting", "Waiting"
        DONE = "done", "Found"
        FAILED = "failed", "Not found"

    kind = models.CharField(max_length=30, choices=Kind, default=Kind.ARTICLE)
    authors = models.TextField(
        blank=True,
        help_text="One per line: family name, comma, given names or initials. Groups without a comma.",
    )
    has_more_authors = models.BooleanField("the list continues (et al)", default=False)
    title = models.CharField(max_length=1000, blank=True)
    container = models.CharField("journal, book or website", max_length=500, blank=True)
    container_short = models.CharField("journal abbreviation", max_length=200, blank=True, help_text="As in PubMed.")
    publisher = models.CharField(max_length=300, blank=True)
    publisher_place = models.CharField("place", max_length=200, blank=True)
    edition = models.CharField(max_length=50, blank=True)
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    month = models.PositiveSmallIntegerField(null=True, blank=True)
    day = models.PositiveSmallIntegerField(null=True, blank=True)
    volume = models.CharField(max_length=60, blank=True)
    issue = models.CharField(max_length=60, blank=True)
    pages = models.CharField("pages or article number", max_length=100, blank=True)
    doi = models.CharField("DOI", max_length=300, blank=True)
    pmid = models.CharField("PMID", max_length=60, blank=True)
    pmcid = models.CharField("PMCID", max_length=14, blank=True)
    url = models.URLField("URL", max_length=1000, blank=True)
    typed = models.TextField(
        "as typed", blank=True, help_text="The citation as it was pasted. It is kept, and shown if details are missing."
    )

    evidence_level = models.CharField(max_length=10, choices=EvidenceLevel, blank=True)
    summary = models.TextField(
        "in plain words", blank=True, max_length=600, help_text="What the source found, in one or two plain sentences."
    )

    lookup = models.CharField("look-up", max_length=10, choices=Lookup, default=Lookup.NONE, editable=False)
    lookup_attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    lookup_at = models.DateTimeField("next look-up at", null=True, editable=False)
    lookup_result = models.CharField(max_length=200, blank=True, editable=False)

    # The kind of notice, such as "Retraction"; empty if there is none.
    retraction = models.CharField(max_length=60, blank=True, editable=False)
    retracted_on = models.DateField(null=True, editable=False)
    retraction_reason = models.CharField(max_length=500, blank=True, editable=False)
    link_checked_at = models.DateTimeField(null=True, editable=False)
    link_failures = models.PositiveSmallIntegerField(default=0, editable=False)

    # Texts and revisions may hold the number of a duplicate, so it stays and points to the row that replaced it.
    merged_into = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, editable=False, related_name="duplicates"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SourceQuerySet.as_manager()

    class Meta:
        verbose_name = "reference"
        ordering = ("-created_at", "-pk")
        constraints = [
            models.UniqueConstraint(
                Lower("doi"),
                condition=~Q(doi=""),
                name="evidence_source_unique_doi",
                violation_error_message="Another reference has this DOI. Use that one, or merge the two.",
            ),
            models.UniqueConstraint(
                fields=("pmid",),
                condition=~Q(pmid=""),
                name="evidence_source_unique_pmid",
                violation_error_message="Another reference has this PMID. Use that one, or merge the two.",
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None) | (Q(doi="", pmid="") & ~Q(merged_into=F("pk"))),
                name="evidence_source_duplicate_has_no_identifiers",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    def clean(self) -> None:
        """Validate the identifiers, and remove labels and URLs around them."""
        super().clean()
        errors = {}
        for name, label, cleaned in (("doi", "DOI", clean_doi), ("pmid", "PMID", clean_pmid)):
            given = getattr(self, name).strip()
            if given and not cleaned(given):
                errors[name] = f"Enter a {label} such as {'10.1056/NEJMoa012345' if name == 'doi' else '12345678'}."
            setattr(self, name, cleaned(given) if given else "")
        if self.month and not 1 <= self.month <= 12:
            errors["month"] = "Enter a month from 1 to 12."
        if self.year and not 1000 <= self.year <= date.today().year + 2:
            errors["year"] = "Enter the year with four digits."
        if not self.title and not self.typed and not self.doi and not self.pmid:
            errors["title"] = "Enter a title, a DOI or a PMID."
        if errors:
            raise ValidationError(errors)

    @property
    def names(self) -> tuple[Name, ...]:
        """The authors."""
        pairs = (line.partition(",") for line in self.authors.splitlines() if line.strip())
        return tuple(Name(family.strip(), given.strip()) for family, _, given in pairs)

    @property
    def record(self) -> Record:
        """The reference as a bibliographic record."""
        values: dict[str, Any] = {name: getattr(self, name) for name in RECORD_FIELDS}
        return Record(authors=self.names, **values)

    def fill(self, record: Record, *, replace: bool = False) -> None:
        """Copy from `record` what is missing here; with `replace`, everything that it has."""
        values = {name: getattr(record, name) for name in RECORD_FIELDS} | {"url": clean_url(record.url)}
        lines = (", ".join(filter(None, [name.family.replace(",", ""), name.given])) for name in record.authors)
        values["authors"] = "\n".join(lines)
        is_partial = self.has_more_authors and not record.has_more_authors
        for name, value in values.items():
            wins = replace or not getattr(self, name) or (name == "authors" and is_partial)
            # Identifiers are never exchanged: a service that answers with another work is wrong.
            if value and wins and not (name in {"doi", "pmid"} and getattr(self, name)):
                setattr(self, name, _fitted(self, name, value))
        if record.authors and not record.has_more_authors:
            self.has_more_authors = False

    @property
    def missing(self) -> list[str]:
        """What a complete reference would also have."""
        return self.record.missing

    @property
    def label(self) -> str:
        """A short name: "Fransen et al. 2015: Exercise for osteoarthritis of the knee"."""
        names = self.names
        first = names[0].family if names else ""
        if len(names) == 2:
            first = f"{first} and {names[1].family}"
        elif len(names) > 2 or (names and self.has_more_authors):
            first = f"{first} et al."
        start = " ".join(str(part) for part in (first, self.year) if part)
        identifier = f"PMID {self.pmid}" if self.pmid else f"DOI {self.doi}" if self.doi else ""
        label = ": ".join(filter(None, [start, self.title or self.typed or identifier]))
        return Truncator(label).chars(200) or "Reference"

    @property
    def short_label(self) -> str:
        """The label before the title, for markers in the editor: "Fransen et al. 2015"."""
        return self.label.partition(": ")[0][:60]

    def formatted(self, style: str) -> str:
        """Return the citation in `style`, as plain text."""
        if self.typed and (style == CitationStyle.TYPED or not self.title):
            return self.typed
        record = self.record
        if not record.title:
            return self.label
        return format_pubmed(record) if style == CitationStyle.PUBMED else format_ama(record)

    @property
    def doi_url(self) -> str:
        """The canonical URL of the DOI."""
        return f"https://doi.org/{self.doi}" if self.doi else ""

    @property
    def pubmed_url(self) -> str:
        """The page in PubMed."""
        return f"https://pubmed.ncbi.nlm.nih.gov/{self.pmid}/" if self.pmid else ""

    @property
    def has_dead_link(self) -> bool:
        """Whether doi.org has no page for the DOI."""
        return self.link_failures >= FAILURES_UNTIL_DEAD


RECORD_FIELDS = (
    "kind",
    "has_more_authors",
    "title",
    "container",
    "container_short",
    "publisher",
    "publisher_place",
    "edition",
    "year",
    "month",
    "day",
    "volume",
    "issue",
    "pages",
    "doi",
    "pmid",
    "pmcid",
    "url",
    "typed",
)


def _fitted(source: Source, name: str, value: Any) -> Any:
    """Return `value` cut to what the field holds."""
    length = getattr(source._meta.get_field(name), "max_length", None)
    return value[:length] if isinstance(value, str) and length else value
