"""Recognize texts that only members or subscribers could read. They must not become public."""

import re
from collections.abc import Mapping

from wordpress.php_values import parse_php, strings_in

# Shortcodes of membership plugins that enclose what a visitor does not see.
_SHORTCODE = re.compile(
    r"\[(members?|members?[-_]?only|is_member|membership|restrict|restricted|is_paid|user_has_access|private|protected|passster"
    r"|content_protector|loggedin|logged_in|is_logged_in|is_user_logged_in|s2If|groups_member|student|ihc-hide-content"
    r"|mepr-(?:active|show|protected)|members_(?:access|logged_in)|um_(?:loggedin|show_content)|wpmem_logged_in"
    r"|wcm_restrict|arm_restrict_content|memberful|wlm_(?:private|ismember)|private_\w+|hide_?content|ppw\w*)(?=[\s\]])",
    re.IGNORECASE,
)
_BLOCK = re.compile(
    r"<!-- wp:(?:jetpack/(?:premium-content|paywall|subscriber-view)|premium-content/(?:container|subscriber-view)"
    r"|pmpro/membership"
    r"|woocommerce-memberships/member-content|memberful/|restrict-content)"
)
_EVERYONE = frozenset({"", "everybody", "everyone", "none", "0", "all", "a:0:{}"})
_FIELDS = (
    "_members_access_role",
    "rcp_subscription_level",
    "rcp_user_level",
    "rcp_access_level",
    "_jetpack_newsletter_access",
)


def is_members_only(body: str, meta: Mapping[str, str]) -> bool:
    """Return whether a part of the text, or all of it, was not for every visitor."""
    if "[/" in body and any(f"[/{found[1]}]" in body for found in _SHORTCODE.finditer(body)):
        return True
    if "<!-- wp:" in body and _BLOCK.search(body):
        return True
    return any(not _is_for_everyone(meta[name]) for name in _FIELDS if name in meta)


def _is_for_everyone(value: str) -> bool:
    found = strings_in(parse_php(value)) if value.startswith("a:") else [value]
    return all(each.strip().lower() in _EVERYONE for each in found)
