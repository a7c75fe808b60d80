"""The types of blocks that an author can place, and the areas that take them.

What a type shows is decided in `layout/providers.py`, how in `templates/layout/_<type>.html`.
"""

from typing import NamedTuple

from django.db.models import TextChoices


class Area(TextChoices):
    """The parts of a page that hold blocks."""

    TOP_BAR = "top-bar", "Top bar"
    MAIN_MENU = "main-menu", "Main menu"
    MOBILE_MENU = "mobile-menu", "Mobile menu"
    HOME = "home", "Home page"
    SIDEBAR = "sidebar", "Sidebar"
    FOOTER = "footer", "Footer"


MENUS = {Area.TOP_BAR, Area.MAIN_MENU, Area.MOBILE_MENU}
SIDES = {Area.SIDEBAR, Area.FOOTER}
WIDGET_AREAS = SIDES | {Area.HOME}


class BlockType(NamedTuple):
    """A type of block and what its form asks for."""

    name: str
    label: str
    description: str
    areas: set[Area]
    fields: tuple[str, ...] = ()
    default_title: str = ""
    default_max_items: int = 1
    is_link: bool = False  # shows links and can be nested under a heading
    is_unique: bool = False  # an area holds at most one
    is_blank: bool = False  # shows nothing until its author fills it in
    varies_by_page: bool = False  # shows something else on other pages
    empty_reason: str = ""  # explains to the author why visitors see nothing

    @property
    def template(self) -> str:
        """Return the template that renders a block of this type."""
        return f"layout/_{self.name.replace('-', '_')}.html"


_NO_REGION = "No published post or exercise has a body region."
_LINKS = (
    BlockType(
        "link",
        "Link",
        "A link to a page, a post, a category or any URL.",
        MENUS,
        fields=("title", "link"),
        is_link=True,
        is_blank=True,
    ),
    BlockType(
        "main-categories",
        "Main categories",
        "Your top-level categories. Those without an order number follow by their number of posts.",
        MENUS,
        fields=("max_items",),
        default_max_items=8,
        is_link=True,
        empty_reason="There are no categories yet.",
    ),
    BlockType(
        "pages",
        "Pages",
        "Every page with “Show in menus” checked.",
        MENUS,
        is_link=True,
        empty_reason="No published page has “Show in menus” checked.",
    ),
    BlockType(
        "policies",
        "Policies",
        "Your privacy policy, disclaimers and other policies.",
        MENUS,
        is_link=True,
        empty_reason="No policy page is published yet.",
    ),
    BlockType(
        "author-link",
        "Author profile",
        "A link to the author's profile, unless the About page is already in the menu.",
        MENUS,
        fields=("title",),
        is_link=True,
        empty_reason="The About page is already in the menu, or there is no author.",
    ),
    BlockType(
        "exercises",
        "Exercises",
        "A link to all your exercises.",
        MENUS,
        fields=("title",),
        is_link=True,
        empty_reason="No exercise is published yet.",
    ),
    BlockType(
        "shop",
        "Shop",
        "A link to the page of products you recommend.",
        MENUS,
        fields=("title",),
        is_link=True,
        empty_reason="The shop has no products yet.",
    ),
    BlockType(
        "finder-link",
        "Where does it hurt?",
        "A link to the drawing of the body that leads to posts and exercises.",
        MENUS,
        fields=("title",),
        is_link=True,
        empty_reason=_NO_REGION,
    ),
)
_WIDGETS = (
    BlockType(
        "heading",
        "Heading with links",
        "A dropdown in a menu; a list of links in the sidebar or footer.",
        {Area.MAIN_MENU, Area.MOBILE_MENU} | SIDES,
        fields=("title",),
        is_blank=True,
        empty_reason="None of its links are visible to visitors.",
    ),
    BlockType(
        "main-menu",
        "Main menu",
        "Everything in the main menu, in the same order.",
        {Area.MOBILE_MENU},
        is_unique=True,
    ),
    BlockType(
        "brand",
        "Site name and profiles",
        "Your site's name and tagline with icons for your social profiles.",
        {Area.FOOTER},
        is_unique=True,
    ),
    BlockType(
        "author",
        "Author card",
        "Photo and short bio of the post's author, or of the site's author on other pages.",
        {Area.SIDEBAR},
        is_unique=True,
        varies_by_page=True,
        empty_reason="The author has neither a photo nor a short bio.",
    ),
    BlockType(
        "social-links",
        "Social profiles",
        "Icons for your social profiles and your email.",
        {Area.TOP_BAR, Area.MOBILE_MENU} | SIDES,
        fields=("title",),
        default_title="Connect",
        is_unique=True,
        empty_reason="You have not added a social profile or a public email yet.",
    ),
    BlockType(
        "search",
        "Search",
        "A search field; an icon in the main menu.",
        {Area.MAIN_MENU, Area.MOBILE_MENU} | SIDES,
        fields=("title",),
        default_title="Search",
        is_unique=True,
        varies_by_page=True,
    ),
    BlockType(
        "categories",
        "Categories",
        "All categories that have posts, with the number of posts.",
        SIDES,
        fields=("title",),
        default_title="Categories",
        is_unique=True,
        empty_reason="No category has a published post.",
    ),
    BlockType(
        "archives",
        "Archives",
        "The months that have posts, with the number of posts.",
        SIDES,
        fields=("title",),
        default_title="Archives",
        is_unique=True,
        empty_reason="There are no published posts yet.",
    ),
    BlockType(
        "hero",
        "Hero",
        "The large heading and illustration at the top. Edit its text and image under Appearance.",
        {Area.HOME},
        is_unique=True,
    ),
    BlockType(
        "help-line",
        "When to get help now",
        "The note for readers who need care today. Edit it in the site information.",
        {Area.HOME},
        is_unique=True,
        empty_reason="The site information has no such note.",
    ),
    BlockType(
        "starting-points",
        "Starting points",
        "Your first main categories with their images. Without order numbers, those with the most posts.",
        {Area.HOME},
        fields=("title", "max_items"),
        default_title="Where would you like to start?",
        default_max_items=3,
        is_unique=True,
        empty_reason="There are no categories yet.",
    ),
    BlockType(
        "body-finder",
        "Where does it hurt?",
        "A drawing of the body that leads to the posts and exercises of each body region.",
        {Area.HOME},
        fields=("title",),
        default_title="Where does it hurt?",
        is_unique=True,
        empty_reason=_NO_REGION,
    ),
    BlockType(
        "latest-posts",
        "Latest posts",
        "The newest posts. On the home page the featured post comes first.",
        WIDGET_AREAS,
        fields=("title", "max_items"),
        default_title="Latest posts",
        default_max_items=5,
        empty_reason="There are no published posts yet.",
    ),
    BlockType(
        "featured-posts",
        "Featured posts",
        "The newest posts that you have featured.",
        WIDGET_AREAS,
        fields=("title", "max_items"),
        default_title="Featured posts",
        default_max_items=3,
        empty_reason="No published post is featured.",
    ),
    BlockType(
        "about",
        "About the author",
        "A wide band with your portrait and short bio.",
        {Area.HOME},
        is_unique=True,
        empty_reason="The author has neither a photo nor a short bio.",
    ),
    BlockType(
        "newsletter",
        "Newsletter sign-up",
        "The sign-up form of your newsletter.",
        WIDGET_AREAS,
        fields=("title",),
        is_unique=True,
    ),
    BlockType(
        "instagram",
        "Instagram",
        "A strip of images from your Instagram account.",
        {Area.HOME},
        is_unique=True,
    ),
    BlockType(
        "text",
        "Text",
        "Your own text with links and lists.",
        WIDGET_AREAS,
        fields=("title", "text"),
        is_blank=True,
    ),
    BlockType(
        "image",
        "Image",
        "An image from the library, optionally with a link.",
        WIDGET_AREAS,
        fields=("title", "image", "link"),
        is_blank=True,
    ),
    BlockType(
        "ad",
        "Advertisement",
        "The sidebar ad scheduled for today.",
        {Area.SIDEBAR},
        is_unique=True,
        varies_by_page=True,
    ),
    BlockType(
        "table-of-contents",
        "Table of contents",
        "Links to the chapters of a post with three chapters or more.",
        {Area.SIDEBAR},
        fields=("title",),
        default_title="Jump to",
        is_unique=True,
        varies_by_page=True,
    ),
)

BLOCK_TYPES = {block_type.name: block_type for block_type in (*_LINKS, *_WIDGETS)}
