"""Keep what someone typed into a form that cannot be processed now, so that they can send it again."""

from typing import Any

from django.http import HttpRequest
from django.middleware.csrf import get_token

from public_forms.forms import HONEYPOT
from public_forms.same_origin import is_same_origin

# What a form sends besides the words of its visitor.
_TECHNICAL = {"csrfmiddlewaretoken", "token", HONEYPOT}


def resend_context(request: HttpRequest) -> dict[str, Any]:
    """Return the context of `site/_resend_form.html`. Without a form from this site, its `fields` are empty."""
    fields: list[tuple[str, str]] = []
    if request.method == "POST" and is_same_origin(request):
        fields = [(name, value) for name, values in request.POST.lists() for value in values if "password" not in name]
    return {
        "fields": [(name, value) for name, value in fields if name != "csrfmiddlewaretoken"],
        "texts": [(_label(name), value) for name, value in fields if _is_text(name, value)],
        "has_files": bool(fields and request.FILES),
        # Only for forms that had one: a token for others would set a cookie.
        "csrf_token": get_token(request) if any(name == "csrfmiddlewaretoken" for name, _ in fields) else "",
        "action": request.get_full_path(),
    }


def _label(name: str) -> str:
    return name.replace("_", " ").replace("-", " ").strip().capitalize()


def _is_text(name: str, value: str) -> bool:
    """Return whether someone may have typed this. Numbers and switches are sent again, but not shown."""
    return name not in _TECHNICAL and not name.startswith("_") and len(value) > 5 and not value.isdigit()
