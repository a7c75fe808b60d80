"""The public pages of exercises."""

from operator import attrgetter

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from exercises import seo
from exercises.models import BodyRegion, Exercise
from exercises.red_flags import red_flags
from exercises.rendering import render_cards
from exercises.sheets.program import HomeProgram, for_sheets, load_exercises
from exercises.sheets.responses import pdf_response
from exercises.sheets.schedule import calendar_response
from pagecache.responses import depend_on_texts
from plaintext.numbers import parse_pk
from public_forms.same_origin import is_same_origin
from publishing.models import Document
from richtext.references import Reference
from siteinfo.urls import absolute_url


@require_safe
def exercise_list(request: HttpRequest) -> HttpResponse:
    """List all exercises by body region. An exercise for several regions is listed in each."""
    exercises = list(Exercise.objects.published().prefetch_related("images__image", "body_regions"))
    regions = [
        (region, [exercise for exercise in exercises if region in exercise.body_regions.all()])
        for region in BodyRegion.objects.all()
    ]
    groups = [(region.name, found) for region, found in regions if found]
    if others := [exercise for exercise in exercises if not exercise.body_regions.all()]:
        groups.append(("More exercises" if groups else "", others))
    context = {"groups": groups, "total": len(exercises), "meta": seo.list_meta(exercises)}
    return render(request, "exercises/exercise_list.html", context)


@require_safe
def my_plan(request: HttpRequest) -> HttpResponse:
    """Show the page of the visitor's own plan.

    It has the cards of all exercises, from which the script takes those of the plan. So this site never learns which
    exercises someone does.
    """
    exercises = list(Exercise.objects.published().for_cards())
    cards = render_cards(exercises)
    context = {"cards": [cards[exercise.pk] for exercise in exercises], "meta": seo.plan_meta()}
    return render(request, "exercises/my_plan.html", context)


@require_POST
@csrf_exempt  # grants nothing, and only answers pages on this site
def my_plan_pdf(request: HttpRequest, paper: str) -> HttpResponse:
    """Serve the exercises with the ids in `e`, such as "3-5", as a PDF file.

    By POST, so that the ids are not in the URL, which servers and proxies log.
    """
    return pdf_response(request, _posted_plan(request), paper)


@require_POST
@csrf_exempt  # grants nothing, and only answers pages on this site
def my_plan_calendar(request: HttpRequest) -> HttpResponse:
    """Serve the schedule of the exercises with the ids in `e`, by POST like the PDF file."""
    return calendar_response(_posted_plan(request), "my-plan")


def _posted_plan(request: HttpRequest) -> HomeProgram:
    if not is_same_origin(request):
        raise PermissionDenied
    ids = [pk for part in request.POST.get("e", "")[:400].split("-") if (pk := parse_pk(part))]
    exercises = load_exercises(list(dict.fromkeys(ids)))
    if not exercises:
        raise Http404
    plan = f"{reverse('exercises:my_plan')}#{'-'.join(str(each.pk) for each in exercises)}"
    return HomeProgram("My exercises", "", exercises, absolute_url(plan))


@require_safe
def exercise_calendar(request: HttpRequest, slug: str) -> HttpResponse:
    """Serve the schedule of one exercise."""
    exercise = get_object_or_404(for_sheets(Exercise.objects.published()), slug=slug)
    program = HomeProgram(exercise.name, exercise.goal, [exercise], absolute_url(exercise.get_absolute_url()))
    return calendar_response(program, f"exercise-{exercise.pk}")


@require_safe
def exercise_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show an exercise, and the posts and pages with its card."""
    published = Exercise.objects.published().for_cards().select_related("author__portrait")
    exercise = get_object_or_404(published.prefetch_related("body_regions"), slug=slug)
    sources = Reference.objects.to(exercise).from_public().sources()
    context = {
        "exercise": exercise,
        "card": render_cards([exercise], is_own_page=True)[exercise.pk],
        "documents": sorted((row for row in sources if isinstance(row, Document)), key=attrgetter("title")),
        "red_flags": red_flags(exercise.body_regions.all()),
        "meta": seo.exercise_meta(exercise),
    }
    return depend_on_texts(render(request, "exercises/exercise_detail.html", context))
