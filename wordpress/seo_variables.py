"""Replace the variables of SEO plugins, such as %%title%%, %sitename% and #post_excerpt, with their values."""

import re
from collections.abc import Mapping

# %%name%% of Yoast and SEOPress; %name% and %name(argument)% of Rank Math and the old All in One SEO; #name of the new
# one. Words with "_" after # are always variables, others only if they are known: #running is a hashtag.
_VARIABLE = re.compile(
    r"%%\s*([a-z][\w-]*)\s*%%"
    r"|%([a-z]\w*)(?:\(([^()%]*)\))?%"
    r"|(?<![\w&/#])#([a-z][a-z0-9]*(?:_[a-z0-9]+)*(?:-[\w-]+)?)(?!\w)",
    re.IGNORECASE | re.ASCII,
)
_SEPARATOR = "\x01"
_NAMES = {
    "title": ("title", "post_title", "page_title", "seo_title", "singular_name_title", "wc_single_title"),
    "site": ("sitename", "site_title", "sitetitle", "blog_title", "site_name", "blog_name", "blogname"),
    "site_description": (
        *("sitedesc", "tagline", "site_description", "site_tagline", "blog_description", "site_desc"),
    ),
    "excerpt": ("excerpt", "excerpt_only", "post_excerpt", "post_excerpt_only", "page_excerpt", "description"),
    "category": (
        *("category", "primary_category", "categories", "category_title", "post_category", "taxonomy_title"),
        *("_category_title", "term_title", "primary_taxonomy_terms"),
    ),
    "tags": ("tag", "tags", "post_tag"),
    "author": ("name", "author", "author_name", "post_author", "author_first_name", "post_author_name"),
    "date": ("date", "post_date", "page_date", "publish_date"),
    "modified": ("modified", "post_modified_date", "last_modified"),
    "year": ("currentyear", "current_year"),
    "month": ("currentmonth", "current_month"),
    "day": ("currentday", "current_day"),
    "today": ("currentdate", "current_date"),
    "keyword": ("focuskw", "keyword", "focus_keyword", "keyphrase", "target_keyword", "focuskeyword"),
    "id": ("id", "post_id"),
}
_KEYS = {name: key for key, names in _NAMES.items() for name in names}
_SEPARATORS = frozenset({"sep", "separator", "separator_sa"})
_FIELD_PREFIXES = ("cf_", "_cf_", "custom_field-")
_MARKS = "-–—|·•:,»«~/"


def expand_variables(text: str, values: Mapping[str, str], fields: Mapping[str, str]) -> str:
    """Return `text` with the variables of SEO plugins replaced, and unknown ones removed.

    `values` has a text for each key of the variables, `fields` the custom fields of the post. What separated a
    variable without a value from the rest is removed too.
    """

    def value(name: str, argument: str = "") -> str:
        name = name.lower()
        if name in _SEPARATORS:
            return _SEPARATOR
        if name == "customfield":
            return fields.get(argument.strip(), "")
        for prefix in _FIELD_PREFIXES:
            if name.startswith(prefix):
                return fields.get(name.removeprefix(prefix), "")
        return values.get(_KEYS.get(name, ""), "")

    def replacement(found: re.Match[str]) -> str:
        name = found[4]
        if name and "_" not in name and name.lower() not in _KEYS.keys() | _SEPARATORS:
            return found[0]
        return value(name or found[1] or found[2], found[3] or "")

    text = text.replace(_SEPARATOR, "")
    expanded = _VARIABLE.sub(replacement, text).replace("%%", "")
    if expanded == text:
        return " ".join(text.split())
    return _without_loose_separators(expanded)


def _without_loose_separators(text: str) -> str:
    text = re.sub(rf"\s*{_SEPARATOR}\s*", f" {_SEPARATOR} ", text)
    text = re.sub(rf"(?:[\s{re.escape(_MARKS)}]*{_SEPARATOR}[\s{re.escape(_MARKS)}]*)+", " - ", text)
    return " ".join(text.split()).strip(f" {_MARKS}")
