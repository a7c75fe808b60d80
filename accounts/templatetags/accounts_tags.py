"""Names of browsers for people, who cannot read a User-Agent header."""

from django import template

register = template.Library()

# In this order: Edge also claims to be Chrome, and Chrome claims to be Safari.
_BROWSERS = {"Edg": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "FxiOS/": "Firefox"}
_BROWSERS |= {"CriOS/": "Chrome", "Chrome/": "Chrome", "Safari/": "Safari"}
_SYSTEMS = {"iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "Windows": "Windows"}
_SYSTEMS |= {"Macintosh": "Mac", "CrOS": "ChromeOS", "Linux": "Linux"}


@register.filter
def browser_name(user_agent: str) -> str:
    """Return what a User-Agent header says, such as “Safari on iPhone”."""
    browser = next((name for sign, name in _BROWSERS.items() if sign in user_agent), "Unknown browser")
    system = next((name for sign, name in _SYSTEMS.items() if sign in user_agent), "")
    return f"{browser} on {system}" if system else browser
