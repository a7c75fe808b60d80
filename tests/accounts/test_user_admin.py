"""Admin pages of users."""

import pytest
from django.test import Client

from accounts.models import User


@pytest.mark.django_db
def test_a_user_can_be_added_and_made_an_owner(admin_client: Client) -> None:
    data = {"email": "Sam@Example.com", "password1": "a password for tests", "password2": "a password for tests"}
    assert admin_client.post("/admin/accounts/user/add/", data).status_code == 302
    user = User.objects.get(email="sam@example.com")
    page = admin_client.get(f"/admin/accounts/user/{user.pk}/change/").content.decode()
    assert "Owner. Does everything" in page
    assert "Superuser" not in page
