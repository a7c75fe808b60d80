"""Where people sign in and manage their account: below the admin, under the names that django-allauth looks up."""

from django.urls import path

from accounts import email_change, pages, views

urlpatterns = [
    path("login/", pages.sign_in, name="account_login"),
    path("login/passkey/", pages.sign_in_with_passkey, name="mfa_login_webauthn"),
    path("login/code/", pages.confirm_with_code, name="mfa_authenticate"),
    path("logout/", pages.sign_out, name="account_logout"),
    # People who have no password yet or forgot it.
    path("password-reset/", views.request_password, name="admin_password_reset"),
    path("password-reset/sent/", views.password_link_sent, name="password_link_sent"),
    path("password/<uidb64>/<token>/", views.set_password, name="set_password"),
    # Signed in.
    path("account/", pages.account, name="mfa_index"),
    path("account/confirm/", pages.reauthenticate, name="account_reauthenticate"),
    path("account/confirm/code/", pages.reauthenticate_with_code, name="mfa_reauthenticate"),
    path("account/confirm/passkey/", pages.reauthenticate_with_passkey, name="mfa_reauthenticate_webauthn"),
    path("account/password/", pages.change_password, name="account_change_password"),
    path("account/email/", email_change.change_email, name="change_email"),
    path("account/email/<token>/", email_change.confirm_email, name="confirm_email"),
    path("account/passkeys/", pages.list_passkeys, name="mfa_list_webauthn"),
    path("account/passkeys/add/", pages.add_passkey, name="mfa_add_webauthn"),
    path("account/passkeys/<int:pk>/", pages.rename_passkey, name="mfa_edit_webauthn"),
    path("account/passkeys/<int:pk>/remove/", pages.remove_passkey, name="mfa_remove_webauthn"),
    path("account/app/add/", pages.add_app, name="mfa_activate_totp"),
    path("account/app/remove/", pages.remove_app, name="mfa_deactivate_totp"),
    path("account/recovery-codes/", pages.recovery_codes, name="mfa_view_recovery_codes"),
    path("account/recovery-codes/new/", pages.new_recovery_codes, name="mfa_generate_recovery_codes"),
    path("account/recovery-codes/download/", pages.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("account/sessions/", pages.sessions, name="usersessions_list"),
]
