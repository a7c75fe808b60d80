"""Which texts use affiliate links and products: queries on the reference index."""

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
    is_covered = Q()
    for host in {*AMAZON_HOSTS, *SHORTENER_HOSTS, *(host for program in programs for host in program.host_list)}:
        is_covered |= Q(host=host) | Q(host__endswith=f".{host}")
    pasted = []
    for reference in Reference.objects.from_content().filter(is_covered).order_by("pk"):
        program = find_program(programs, reference.host)
        if program is None and is_amazon(reference.host):
            program = Program.objects.amazon()
            programs.append(program)
        if program:
            pasted.append((reference, program))
    return pasted
