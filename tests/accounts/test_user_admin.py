"""Admin pages for users."""

import pytest
from django.test import Client

from accounts.models import User


@pytest.mark.django_db
def test_a_user_can_be_made_an_owner(admin_client: Client) -> None:
    user = User.objects.create_user("sam@example.com")
    url = f"/admin/accounts/user/{user.pk}/change/"
    page = admin_client.get(url).content.decode()
    assert "Owner. Does everything" in page
    assert "Superuser" not in page
    data = {"email": "Sam@Example.com", "name": "Sam", "role": "owner", "is_active": "on"}
    assert admin_client.post(url, data).status_code == 302
    user.refresh_from_db()
    assert (user.email, user.is_superuser, user.is_staff) == ("sam@example.com", True, True)
