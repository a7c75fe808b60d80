"""Bibliographic records in CSL-JSON, invented, with what makes real ones hard to read."""

from typing import Any

_GROUP = "GBD 2021 Low Back Pain Collaborators"
_AUTHORS = (
    ("Marlene Fransen", "Sara McConnell", "Alison R. Harmer", "Martin van der Esch", "Milena Simic", "Kim L. Bennell"),
    ("Jane Q. O'Neil-Smith", "Åse Jørgensen"),
    ("J. L. Cook",),
    (_GROUP,),
    (
        "E. Alentorn-Geli",
        "K. Samuelsson",
        "V. Musahl",
        "C. L. Green",
        "M. Bhandari",
        "J. Karlsson",
        "A. Smith",
        "B. C. Lee",
    ),
    ("Jean-Pierre Dubois", "Łukasz Nowak", "María José García-López"),
    ("Q. Li", "X. Y. Wu", "M. A. H. de Vries"),
    ("American College of Sports Medicine",),
)
_TITLES = (
    "Exercise for osteoarthritis of the knee",
    "Physical therapy versus surgery for shoulder pain: a 2-year randomized, controlled trial",
    "Does load matter in tendinopathy? A narrative review",
    "Global burden of low back pain, 1990-2020: a systematic analysis",
    "Sarcopenia",
    "Running, cadence and knee load (the RUN-2 study): protocol for a multicentre trial",
    "Effect of 12 weeks of eccentric training on pain and function in adults with Achilles tendinopathy",
    "What should we tell patients about hip pain?",
    "Return to sport after ACL reconstruction. Part 2: psychological readiness",
    "COVID-19 and telerehabilitation: lessons from 2020",
    "IL-6 and TNF-α in chronic widespread pain",
)
# Full name and abbreviation.
_JOURNALS = (
    ("Cochrane Database of Systematic Reviews", "Cochrane Database Syst Rev"),
    ("The New England Journal of Medicine", "N Engl J Med"),
    ("British Journal of Sports Medicine", "Br J Sports Med"),
    ("JAMA", "JAMA"),
    ("Journal of Orthopaedic & Sports Physical Therapy", "J Orthop Sports Phys Ther"),
    ("PLOS ONE", "PLoS One"),
    ("Spine", "Spine (Phila Pa 1976)"),
    ("Osteoarthritis and Cartilage", "Osteoarthritis Cartilage"),
    ("PM&R", "PM R"),
    ("The Journal of Bone and Joint Surgery", "J Bone Joint Surg Am"),
    ("Scandinavian Journal of Medicine & Science in Sports", "Scand J Med Sci Sports"),
    ("BMC Musculoskeletal Disorders", "BMC Musculoskelet Disord"),
    ("Pain", "Pain"),
)
# Volume, issue, pages.
_NUMBERS = (
    ("47", "6", "373-390"),
    ("380", "11", "1011-1022"),
    ("45", "", "1036-1040"),
    ("5", "6", "e316-e329"),
    ("14", "3", "e0213456"),
    ("2015", "1", "CD004376"),
    ("97", "8 Suppl", "S142-S153"),
    ("101", "1-2", "9-14"),
    ("388", "10053", "1545-1602"),
    ("21", "", "112"),
)
_DATES = ([2017, 6], [2019, 3, 14], [2011], [2023, 6, 1], [1998, 12], [2004])


def _name(text: str) -> dict[str, str]:
    if "College" in text or text == _GROUP:
        return {"literal": text}
    for particle in (" van der ", " de "):
        if particle in text:
            given, family = text.split(particle)
            return {"family": f"{particle.strip()} {family}", "given": given}
    given, family = text.rsplit(" ", 1)
    return {"family": family, "given": given}


def _record(number: int) -> dict[str, Any]:
    journal, short = _JOURNALS[number % len(_JOURNALS)]
    volume, issue, pages = _NUMBERS[number % len(_NUMBERS)]
    record = {
        "id": str(number),
        "type": "article-journal",
        "author": [_name(text) for text in _AUTHORS[number % len(_AUTHORS)]],
        "title": _TITLES[number % len(_TITLES)],
        "container-title": journal,
        "container-title-short": short,
        "issued": {"date-parts": [_DATES[number % len(_DATES)]]},
        "volume": volume,
        "issue": issue,
        "page": pages,
    }
    if number % 4:
        record["DOI"] = f"10.{1000 + number}/S0140-6736({number:02}){number * 37}-X"
    return {name: value for name, value in record.items() if value}


RECORDS = [_record(number) for number in range(44)]
