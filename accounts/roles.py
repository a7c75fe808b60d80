"""The roles of users, and what each may do. Changing this table changes the permissions of everyone with the role."""

from fnmatch import fnmatchcase
from functools import cache

from django.apps import apps
from django.db.models import TextChoices


class Role(TextChoices):
    """What a user may do in the admin. Without a role, a user cannot sign in to it."""

    OWNER = "owner", "Owner"
    EDITOR = "editor", "Editor"
    AUTHOR = "author", "Author"
    CONTRIBUTOR = "contributor", "Contributor"
    REVIEWER = "reviewer", "Reviewer"


EXPLANATIONS = {
    Role.OWNER: "Does everything: content, settings, people, subscribers and earnings.",
    Role.EDITOR: "Writes, changes and publishes everything that visitors see, and sends campaigns. "
    "No access to settings, people, subscribers or earnings.",
    Role.AUTHOR: "Writes and publishes their own posts, and adds images and files. Cannot see other people's drafts.",
    Role.CONTRIBUTOR: "Writes their own drafts and submits them for review. Someone else publishes them.",
    Role.REVIEWER: "Reads all posts and pages, including drafts, and writes review notes. Cannot change any text.",
}
# What the editor's menus list: images, videos, files, snippets, products, affiliate links and exercises.
_WRITING = (
    "blog.add_post",
    "images.view_image",
    "images.view_video",
    "images.view_mediafile",
    "images.add_video",
    "blog.view_snippet",
    "affiliates.view_product",
    "evidence.view_source",
    "evidence.add_source",
    "exercises.view_exercise",
)
# Permissions by role; * stands for any text. Owners are superusers, who have all of them.
_PATTERNS: dict[str, tuple[str, ...]] = {
    Role.EDITOR: (
        *_WRITING,
        "accounts.add_author",
        "accounts.change_author",
        "accounts.view_author",
        "ads.*",
        "affiliates.*_comparison",
        "affiliates.*_link",
        "affiliates.*_product",
        "affiliates.*_shoppage",
        "affiliates.*_shopsection",
        "affiliates.*_sponsorship",
        "analytics.view_pagecount",
        "blog.*_category",
        "blog.*_post",
        "blog.*_posttemplate",
        "blog.*_series",
        "blog.*_snippet",
        "blog.*_tag",
        "comments.*_comment",
        "contact.*_message",
        "contact.*_reply",
        "evidence.*_disclaimer",
        "evidence.*_source",
        "evidence.*_term",
        "exercises.*",
        "feedback.*",
        "images.*",
        "instagram.*_instagrampost",
        "newsletter.*_campaign",
        "newsletter.*_sequence",
        "newsletter.*_sequenceemail",
        "pages.*",
        "publishing.view_review",
        "redirects.*",
    ),
    Role.AUTHOR: (*_WRITING, "blog.publish_post", "images.add_image", "images.add_mediafile"),
    Role.CONTRIBUTOR: _WRITING,
    Role.REVIEWER: (
        "blog.view_post",
        "blog.review_post",
        "pages.view_page",
        "pages.review_page",
        "publishing.view_review",
    ),
}


@cache
def permissions_of(role: str) -> frozenset[str]:
    """Return the permissions of `role`, such as "blog.add_post". Empty for owners, who may do everything."""
    patterns = _PATTERNS.get(role, ())
    return frozenset(name for name in all_permissions() if any(fnmatchcase(name, pattern) for pattern in patterns))


def all_permissions() -> list[str]:
    """Return the names of the permissions of all models."""
    options = [model._meta for model in apps.get_models()]
    return [
        f"{each.app_label}.{name}"
        for each in options
        for name in (
            *(f"{action}_{each.model_name}" for action in each.default_permissions),
            *(name for name, _ in each.permissions),
        )
    ]
