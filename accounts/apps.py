"""App configuration for the accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Configure the accounts app."""

    name = "accounts"
    verbose_name = "Users and authors"

    def ready(self) -> None:
        """Record sign-ins and changes in the audit log."""
        from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
        from django.db.models.signals import post_save

        from accounts import signals

        user_logged_in.connect(signals.record_sign_in)
        user_logged_out.connect(signals.record_sign_out)
        user_login_failed.connect(signals.record_failure)
        post_save.connect(signals.record_admin_action, sender="admin.LogEntry")
