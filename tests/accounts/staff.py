"""Users of the admin with exactly the permissions that a test names."""

import time

from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User


def make_staff(*permissions: str, email: str = "staff@example.com", name: str = "Sam Staff") -> User:
    """Create a user with permissions such as "blog.add_post"."""
    user = User.objects.create_user(email, "a password for tests", is_staff=True, name=name)
    for permission in permissions:
        app, codename = permission.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return user


def sign_in(user: User) -> Client:
    """Return a client that has just signed in as `user` with the password."""
    client = Client()
    client.force_login(user)
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client
