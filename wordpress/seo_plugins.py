"""What SEO plugins for WordPress store with a post, read into one shape."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial

from wordpress.php_values import parse_php, strings_in

# What plugins store for a setting that nobody chose.
_UNSET = frozenset({"", "-", "none", "0", "null", "default", "off"})


# What WordPress itself stores with most posts.
_CORE_PREFIXES = ("_edit_", "_thumbnail_id", "_wp_", "_oembed_", "_pingme", "_encloseme")


@dataclass(frozen=True, slots=True)
class SeoMeta:
    """The SEO settings of one post, with variables such as %%title%% as the plugin stored them."""

    title: str = ""
    description: str = ""
    canonical: str = ""
    is_noindex: bool = False
    is_nofollow: bool = False
    social_title: str = ""
    social_description: str = ""
    social_image: str = ""
    social_image_id: str = ""
    redirect: str = ""
    primary_category_id: str = ""
    focus_keyword: str = ""
    is_cornerstone: bool = False


def read_seo_meta(meta: Mapping[str, str]) -> SeoMeta:
    """Return the SEO settings in the post meta `meta`, of the first plugin that has any."""
    return _read(tuple(pair for pair in meta.items() if not pair[0].startswith(_CORE_PREFIXES)))


# An import reads the settings of a post several times in a row, and most posts have none.
@lru_cache(maxsize=64)
def _read(pairs: tuple[tuple[str, str], ...]) -> SeoMeta:
    meta = dict(pairs)
    settings = next((found for read in _PLUGINS if (found := read(meta)) != SeoMeta()), SeoMeta())
    if not settings.redirect and (target := _first(meta, "_links_to", "redirect", "_pprredirect_url")):
        # Page Links To, Genesis and Quick Page/Post Redirect work beside any SEO plugin.
        return _replace_redirect(settings, target)
    return settings


def _replace_redirect(settings: SeoMeta, target: str) -> SeoMeta:
    values = {name: getattr(settings, name) for name in SeoMeta.__slots__}
    return SeoMeta(**values | {"redirect": target})


def _first(meta: Mapping[str, str], *keys: str) -> str:
    """Return the first value that is set."""
    for key in keys:
        value = meta.get(key, "").strip()
        if value.lower() not in _UNSET:
            return value
    return ""


def _yoast(meta: Mapping[str, str]) -> SeoMeta:
    get = partial(_first, meta)
    p = "_yoast_wpseo_"
    robots = get(f"{p}meta-robots-adv").lower().split(",")
    return SeoMeta(
        title=get(f"{p}title"),
        description=get(f"{p}metadesc"),
        canonical=get(f"{p}canonical"),
        is_noindex=get(f"{p}meta-robots-noindex") == "1" or "noindex" in robots,
        is_nofollow=get(f"{p}meta-robots-nofollow") == "1",
        social_title=get(f"{p}opengraph-title", f"{p}twitter-title"),
        social_description=get(f"{p}opengraph-description", f"{p}twitter-description"),
        social_image=get(f"{p}opengraph-image", f"{p}twitter-image"),
        social_image_id=get(f"{p}opengraph-image-id", f"{p}twitter-image-id"),
        redirect=get(f"{p}redirect"),
        primary_category_id=get(f"{p}primary_category"),
        focus_keyword=get(f"{p}focuskw", f"{p}focuskw_text_input"),
        is_cornerstone=get(f"{p}is_cornerstone") in {"1", "true", "on"},
    )


def _rank_math(meta: Mapping[str, str]) -> SeoMeta:
    get = partial(_first, meta)
    robots = {text.strip().lower() for text in strings_in(parse_php(get("rank_math_robots")))}
    robots |= {text.strip().lower() for text in get("rank_math_robots").split(",")}
    return SeoMeta(
        title=get("rank_math_title"),
        description=get("rank_math_description"),
        canonical=get("rank_math_canonical_url"),
        is_noindex="noindex" in robots,
        is_nofollow="nofollow" in robots,
        social_title=get("rank_math_facebook_title", "rank_math_twitter_title"),
        social_description=get("rank_math_facebook_description", "rank_math_twitter_description"),
        social_image=get("rank_math_facebook_image", "rank_math_twitter_image"),
        social_image_id=get("rank_math_facebook_image_id", "rank_math_twitter_image_id"),
        primary_category_id=get("rank_math_primary_category"),
        focus_keyword=get("rank_math_focus_keyword"),
        is_cornerstone=get("rank_math_pillar_content") in {"on", "1"},
    )


def _all_in_one(meta: Mapping[str, str]) -> SeoMeta:
    """Read All in One SEO, before and since version 4."""
    get = partial(_first, meta)
    social = parse_php(get("_aioseop_opengraph_settings"))
    old = (
        {str(key): value for key, value in social.items() if isinstance(value, str)} if isinstance(social, dict) else {}
    )
    of_old = partial(_first, old)
    return SeoMeta(
        title=get("_aioseo_title", "_aioseop_title"),
        description=get("_aioseo_description", "_aioseop_description"),
        canonical=get("_aioseo_canonical_url", "_aioseop_custom_link"),
        is_noindex=get("_aioseo_noindex", "_aioseop_noindex").lower() in {"on", "1", "true"},
        is_nofollow=get("_aioseo_nofollow", "_aioseop_nofollow").lower() in {"on", "1", "true"},
        social_title=get("_aioseo_og_title", "_aioseo_twitter_title") or of_old("aioseop_opengraph_settings_title"),
        social_description=get("_aioseo_og_description", "_aioseo_twitter_description")
        or of_old("aioseop_opengraph_settings_desc"),
        social_image=of_old("aioseop_opengraph_settings_customimg", "aioseop_opengraph_settings_image"),
        focus_keyword=get("_aioseo_keywords", "_aioseop_keywords"),
    )


def _seopress(meta: Mapping[str, str]) -> SeoMeta:
    get = partial(_first, meta)
    p = "_seopress_"
    has_redirect = get(f"{p}redirections_enabled") == "yes"
    return SeoMeta(
        title=get(f"{p}titles_title"),
        description=get(f"{p}titles_desc"),
        canonical=get(f"{p}robots_canonical"),
        is_noindex=get(f"{p}robots_index") == "yes",
        is_nofollow=get(f"{p}robots_follow") == "yes",
        social_title=get(f"{p}social_fb_title", f"{p}social_twitter_title"),
        social_description=get(f"{p}social_fb_desc", f"{p}social_twitter_desc"),
        social_image=get(f"{p}social_fb_img", f"{p}social_twitter_img"),
        social_image_id=get(f"{p}social_fb_img_attachment_id", f"{p}social_twitter_img_attachment_id"),
        redirect=get(f"{p}redirections_value") if has_redirect else "",
        primary_category_id=get(f"{p}robots_primary_cat"),
        focus_keyword=get(f"{p}analysis_target_kw"),
    )


def _genesis(meta: Mapping[str, str]) -> SeoMeta:
    """Read the Genesis theme and The SEO Framework, which uses the same keys."""
    get = partial(_first, meta)
    return SeoMeta(
        title=get("_genesis_title"),
        description=get("_genesis_description"),
        canonical=get("_genesis_canonical_uri"),
        is_noindex=get("_genesis_noindex") == "1",
        is_nofollow=get("_genesis_nofollow") == "1",
        social_title=get("_open_graph_title", "_twitter_title"),
        social_description=get("_open_graph_description", "_twitter_description"),
        social_image=get("_social_image_url"),
        social_image_id=get("_social_image_id"),
        primary_category_id=get("_primary_term_category"),
        focus_keyword=get("_genesis_keywords"),
    )


def _jetpack(meta: Mapping[str, str]) -> SeoMeta:
    """Read Jetpack and WordPress.com."""
    get = partial(_first, meta)
    return SeoMeta(
        title=get("jetpack_seo_html_title"),
        description=get("advanced_seo_description"),
        is_noindex=get("jetpack_seo_noindex").lower() in {"1", "true"},
    )


_PLUGINS: tuple[Callable[[Mapping[str, str]], SeoMeta], ...] = (
    _yoast,
    _rank_math,
    _all_in_one,
    _seopress,
    _genesis,
    _jetpack,
)
