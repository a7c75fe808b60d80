"""What can stand in the frame round the pages, and where: one line for each kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django.db.models import TextChoices

from layout import providers


class Area(TextChoices):
    """The parts of a page that the author arranges."""

    TOP_BAR = "top-bar", "Top bar"
    MAIN = "main-menu", "Main menu"
    MOBILE = "mobile-menu", "Menu of small screens"
    HOME = "home", "Home page"
    SIDEBAR = "sidebar", "Sidebar"
    FOOTER = "footer", "Footer"


MENUS = {Area.TOP_BAR, Area.MAIN, Area.MOBILE}
BESIDE = {Area.SIDEBAR, Area.FOOTER}
BOXES = BESIDE | {Area.HOME}


class Kind(NamedTuple):
    """A kind of item.

    `finds` answers what readers of a page would see of it: links for a line, anything for a box, nothing where it
    has nothing to show. `empty` says to the author why it shows nothing on the whole site. A box is drawn by the
    template named after its kind.
    """

    name: str
    label: str
    description: str
    areas: set[Area]
    finds: Callable[[Any, Any], Any] = providers.always
    empty: str = ""
    fields: tuple[str, ...] = ()
    title: str = ""
    number: int | None = None
    is_line: bool = False
    is_single: bool = False

    @property
    def template(self) -> str:
        return f"layout/_{self.name.replace('-', '_')}.html"

    @property
    def needs_words(self) -> bool:
        """Whether it is nothing before the author fills it in."""
        return self.name in {"link", "heading", "text", "picture"}


_LINES = [
    Kind("link", "Link", "To a page, a post, a category or any address.", MENUS, providers.link, is_line=True,
         fields=("title", "leads_to")),
    Kind("topics", "Your topics", "The main categories in their order: new ones come by themselves.", MENUS,
         providers.topics, "There is no category yet.", is_line=True, fields=("number",), number=8),
    Kind("pages", "Pages of the menu", "Every page that has “show in the menu” switched on.", MENUS,
         providers.pages, "No public page has “show in the menu” switched on.", is_line=True),
    Kind("policies", "Policies", "Privacy, disclaimers and the other texts that readers rely on.", MENUS,
         providers.policies, "No policy is public yet.", is_line=True),
    Kind("author-link", "About the author", "The author's own page, unless About me is a page of the menu.", MENUS,
         providers.author_link, "About me is a page of the menu, or there is no author.", is_line=True,
         fields=("title",)),
    Kind("shop", "Your shop page", "The page of your favorites.", MENUS, providers.shop,
         "Nothing stands in the shop yet.", is_line=True, fields=("title",)),
]  # fmt: skip
_BOXES = [
    Kind("heading", "Heading with links", "In a menu a list that opens; beside the text a box of links.",
         {Area.MAIN, Area.MOBILE} | BESIDE, providers.under, "Readers can see no link under it.", fields=("title",)),
    Kind("main-menu", "All of the main menu", "Whatever the main menu shows, in its order.", {Area.MOBILE},
         is_single=True),
    Kind("brand", "Name and profiles", "Your site's name and line, with the signs of your profiles.", {Area.FOOTER},
         is_single=True),
    Kind("author", "Author card", "Portrait and short bio: of a post's own author beside posts, else yours.",
         {Area.SIDEBAR}, providers.author, "There is no author yet.", is_single=True),
    Kind("connect", "Profiles", "The signs of your profiles elsewhere and of your e-mail.",
         {Area.TOP_BAR, Area.MOBILE} | BESIDE, providers.connect, "There is neither a profile nor a public address.",
         fields=("title",), title="Connect", is_single=True),
    Kind("search", "Search", "A field to search the site; a sign in the main menu.",
         {Area.MAIN, Area.MOBILE} | BESIDE, providers.search, fields=("title",), title="Search", is_single=True),
    Kind("categories", "Categories", "All that have posts, each with how many.", BESIDE, providers.categories,
         "No category has a public post.", fields=("title",), title="Categories", is_single=True),
    Kind("archives", "Archives", "The months with posts, each with how many.", BESIDE, providers.archives,
         "There is no public post yet.", fields=("title",), title="Archives", is_single=True),
    Kind("hero", "Welcome", "The large words and the drawing at the top. Its words are in the site information.",
         {Area.HOME}, providers.hero, is_single=True),
    Kind("help-line", "When to get help now", "The line of the site information for readers who should not wait.",
         {Area.HOME}, providers.help_line, "The site information has no such line.", is_single=True),
    Kind("start", "Starting points", "Your first main categories, with their pictures.", {Area.HOME}, providers.start,
         "There is no category yet.", fields=("title", "number"), title="Where would you like to start?", number=3,
         is_single=True),
    Kind("latest", "Latest posts", "The newest posts; on the home page led by the featured one.", BOXES,
         providers.latest, "There is no public post yet.", fields=("title", "number"), title="Latest posts", number=5),
    Kind("featured", "Featured posts", "The newest of those that you have featured.", BOXES, providers.featured,
         "No public post is featured.", fields=("title", "number"), title="Featured posts", number=3),
    Kind("about", "About you", "A wide band with your portrait and short bio.", {Area.HOME}, providers.site_author,
         "There is no author yet.", is_single=True),
    Kind("join", "Join the list", "Where readers sign up for your newsletter.", BOXES, fields=("title",),
         is_single=True),
    Kind("follow", "Follow along", "The strip of pictures from your account elsewhere.", {Area.HOME},
         is_single=True),
    Kind("text", "Text", "Words of your own, with links and lists.", BOXES, fields=("title", "text")),
    Kind("picture", "Picture", "One of your pictures, with a link if you like.", BOXES,
         fields=("title", "image", "leads_to")),
    Kind("ad", "Advertisement", "The one that is due in the sidebar today.", {Area.SIDEBAR}, is_single=True),
    Kind("contents", "Jump to", "The chapters of a post, beside posts that have three or more.", {Area.SIDEBAR},
         providers.chapters, fields=("title",), title="Jump to", is_single=True),
]  # fmt: skip

KINDS = {kind.name: kind for kind in (*_LINES, *_BOXES)}
