"""The standing texts of the site, by address: written once in the site information, linked from every footer."""

from dataclasses import dataclass

from siteinfo.models import SiteInfo


@dataclass(frozen=True, slots=True)
class Policy:
    """A standing text: its address slug, its title and the field that holds it."""

    slug: str
    title: str
    field: str

    def body(self, site: SiteInfo) -> str:
        """The text as prose's subset; empty when the author has not written it."""
        return getattr(site, self.field)


POLICIES = (
    Policy("privacy-policy", "Privacy Policy", "privacy"),
    Policy("disclaimers", "Disclaimers", "disclaimer_long"),
    Policy("terms-of-use", "Terms of Use", "terms"),
    Policy("editorial-policy", "Editorial Policy", "editorial_policy"),
)


def written(site: SiteInfo) -> list[Policy]:
    """The policies that have a text."""
    return [policy for policy in POLICIES if policy.body(site)]
