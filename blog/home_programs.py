"""The home program of a post: its exercises on one sheet, as a page and as a PDF file."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_safe

from blog.citations import ids_of_exercises
from blog.models import Post
from exercises.models import Exercise
from exercises.sheets.program import HomeProgram, load_exercises
from exercises.sheets.responses import page_response, pdf_response
from exercises.sheets.schedule import calendar_response
from pagecache.responses import depend_on_texts
from publishing.visibility import set_private_headers, visible_to
from siteinfo.seo import Breadcrumb, PageMeta, truncate
from siteinfo.urls import absolute_url

_PAPER_NAMES = {"a4": "A4", "letter": "US Letter"}


@require_safe
def home_program(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the exercises of a post as a page to print."""
    post, program = _load(request, slug)
    meta = PageMeta(
        title=f"Home program: {post.title}",
        breadcrumb_title="Home program",
        description=truncate(f"The exercises of “{post.title}” on one sheet, to print."),
        path=reverse("blog:home_program", args=[slug]),
        ancestors=(Breadcrumb("Home", reverse("home")), Breadcrumb(post.title, post.get_absolute_url())),
        # Search engines should show the post.
        is_indexed=False,
        is_public=post.is_published,
    )
    files = {
        **{
            f"PDF, {name}": reverse("blog:home_program_pdf", args=[slug, paper]) for paper, name in _PAPER_NAMES.items()
        },
        "Add to my calendar": reverse("blog:home_program_calendar", args=[slug]),
    }
    response = page_response(request, program, meta, files, post.get_absolute_url())
    return depend_on_texts(response) if post.is_published else set_private_headers(response)


@require_safe
def home_program_pdf(request: HttpRequest, slug: str, paper: str) -> HttpResponse:
    """Serve the exercises of a post as a PDF file."""
    post, program = _load(request, slug)
    response = pdf_response(request, program, paper)
    return response if post.is_published else set_private_headers(response)


@require_safe
def home_program_calendar(request: HttpRequest, slug: str) -> HttpResponse:
    """Serve the schedule of the exercises of a post as a calendar file."""
    post, program = _load(request, slug)
    response = calendar_response(program, f"post-{post.pk}")
    return response if post.is_published else set_private_headers(response)


def has_home_program(post: Post) -> bool:
    """Return whether the public page of a post shows exercises. One query if it embeds any, and one for snippets."""
    ids = ids_of_exercises(post) if post.slug else []
    return bool(ids) and Exercise.objects.published().filter(pk__in=ids).exists()


def program_of(post: Post) -> HomeProgram | None:
    """Return the public exercises of a post on one sheet, or None if it shows none."""
    exercises = load_exercises(ids_of_exercises(post))
    if not exercises:
        return None
    # An excerpt is written to be clicked, a goal to be reached.
    goal = post.goals.first()
    aim = f"{goal}." if goal else truncate(post.excerpt)
    return HomeProgram(post.title, aim, exercises, absolute_url(post.get_absolute_url()))


def _load(request: HttpRequest, slug: str) -> tuple[Post, HomeProgram]:
    """Return a post and its exercises. Raises Http404 for a post without any, and for one that is not public."""
    post = get_object_or_404(visible_to(request, Post.objects.all()), slug=slug)
    program = program_of(post)
    if program is None:
        raise Http404
    return post, program
