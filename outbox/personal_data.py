"""Who delivers the site's emails."""

from django.conf import settings

from privacy.registry import register


def describe_mail_service() -> str:
    """Describe the service that gets every email with its recipient; "" if the site sends no email."""
    mailer = settings.MAILERS.get("default")
    if not mailer:
        return ""
    backend: str = mailer["BACKEND"]
    if backend.startswith("anymail.backends."):
        name = backend.split(".")[2].replace("_", " ").title()
        return f"{name}, which delivers our emails"
    host = mailer.get("OPTIONS", {}).get("host", "localhost")
    is_own = host in {"localhost", "127.0.0.1", "::1"}
    return "our own mail server" if is_own else f"the mail server {host}, which delivers our emails"


register.add_recipient("mail", describe_mail_service)
