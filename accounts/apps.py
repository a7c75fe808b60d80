"""App configuration for the accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Configure the accounts app."""

    name = "accounts"
    verbose_name = "Users and authors"

    def ready(self) -> None:
        """Register the system check, and record sign-ins and changes in the audit log."""
        from allauth.account.signals import password_changed
        from allauth.mfa import signals as second_factor_signals
        from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
        from django.core.checks import register
        from django.db.models.signals import post_save

        from accounts import checks, signals
        from backups import after_restore
        from backups.models import Backup

        after_restore.register(signals.record_restore)
        post_save.connect(signals.record_backup, sender=Backup)
        register(checks.check_second_factor_roles)
        user_logged_in.connect(signals.record_sign_in)
        user_logged_out.connect(signals.record_sign_out)
        user_login_failed.connect(signals.record_failure)
        password_changed.connect(signals.record_password)
        second_factor_signals.authenticator_added.connect(signals.record_second_factor_added)
        second_factor_signals.authenticator_removed.connect(signals.record_second_factor_removed)
        second_factor_signals.authenticator_reset.connect(signals.record_new_recovery_codes)
        second_factor_signals.authenticator_used.connect(signals.record_recovery_code)
        second_factor_signals.authentication_failed.connect(signals.record_failed_code)
        post_save.connect(signals.record_admin_action, sender="admin.LogEntry")
