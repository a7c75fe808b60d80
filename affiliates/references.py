"""Which texts use affiliate links and products: queries on the reference index."""

from collections.abc import Iterable

from django.db.models import Q

from affiliates.models import Comparison, Link, Product, Program
from affiliates.models.programs import find_program
from affiliates.shop_urls import AMAZON_HOSTS, GO_PREFIX, SHORTENER_HOSTS, is_amazon
from richtext.references import Reference, ReferenceQuerySet


def references_to_link(link: Link) -> ReferenceQuerySet:
    """Return the references to `link`: its /go/ path, its product's card, and comparisons of that product."""
    is_reference = Q(path=f"{GO_PREFIX}{link.slug}")
    if link.product:
        is_reference |= Q(pk__in=references_to_product(link.product).values("pk"))
    return Reference.objects.from_content().filter(is_reference)


def references_to_product(product: Product) -> ReferenceQuerySet:
    """Return the references to `product`: its card, and comparisons that include it."""
    content = Reference.objects.from_content()
    comparisons = content.to_model(Comparison).filter(target_id__in=product.comparison_rows.values("comparison"))
    return content.filter(Q(pk__in=content.to(product).values("pk")) | Q(pk__in=comparisons.values("pk")))


def pasted_references() -> list[tuple[Reference, Program]]:
    """Return the references to pasted shop URLs, each with the program that covers it, in order of appearance.

    Amazon's rules apply even if its program does not exist yet, so it is created if a text links to Amazon.
    """
    programs = list(Program.objects.all())
    references = list(_references_to_shops(programs).order_by("pk"))
    by_host = _programs_by_host(programs, (reference.host for reference in references))
    return [(reference, by_host[reference.host]) for reference in references if reference.host in by_host]


def pasted_programs() -> set[Program]:
    """Return the programs that may pay for one of `pasted_references()`, without loading the references."""
    programs = list(Program.objects.all())
    urls = list(_references_to_shops(programs).order_by().values_list("host", "url").distinct())
    by_host = _programs_by_host(programs, (host for host, _ in urls))
    return {by_host[host] for host, url in urls if host in by_host and by_host[host].earns_from(url)}


def _references_to_shops(programs: list[Program]) -> ReferenceQuerySet:
    is_covered = Q()
    for host in {*AMAZON_HOSTS, *SHORTENER_HOSTS, *(host for program in programs for host in program.host_list)}:
        is_covered |= Q(host=host) | Q(host__endswith=f".{host}")
    return Reference.objects.from_content().filter(is_covered)


def _programs_by_host(programs: list[Program], hosts: Iterable[str]) -> dict[str, Program]:
    """Return the program that covers each of `hosts`, without hosts that none covers."""
    programs = list(programs)
    found: dict[str, Program] = {}
    for host in dict.fromkeys(hosts):
        program = find_program(programs, host)
        if program is None and is_amazon(host):
            program = Program.objects.amazon()
            programs.append(program)
        if program:
            found[host] = program
    return found
