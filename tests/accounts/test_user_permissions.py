"""No permission short of ownership lets a user gain another one."""

from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import Group, Permission

from accounts.models import Author, User
from tests.accounts.staff import make_staff, sign_in
from tests.factories import make_author, make_post

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> User:
    """Return a user with every permission on users, but no other."""
    return make_staff("accounts.add_user", "accounts.change_user", "accounts.delete_user", "accounts.view_user")


def form_data(user: User, **values: str) -> dict[str, Any]:
    return {"email": user.email, "name": user.name, "is_active": "on", "is_staff": "on"} | values


def test_changing_users_does_not_make_one_an_owner(manager: User) -> None:
    permission = Permission.objects.get(codename="delete_post")
    data = form_data(manager, is_superuser="on", role="owner", user_permissions=str(permission.pk))
    sign_in(manager).post(f"/admin/accounts/user/{manager.pk}/change/", data)
    manager = User.objects.get(pk=manager.pk)
    assert not manager.is_superuser
    assert not manager.has_perm("blog.delete_post")


@pytest.mark.parametrize("action", ["change", "password", "delete"])
def test_only_owners_change_other_people_who_can_sign_in(action: str, manager: User, admin_user: User) -> None:
    client = sign_in(manager)
    before = User.objects.values().get(pk=admin_user.pk)
    data = {"email": "taken@example.com", "post": "yes", "password1": "takeover 12345", "password2": "takeover 12345"}
    assert client.post(f"/admin/accounts/user/{admin_user.pk}/{action}/", data).status_code == 403
    assert User.objects.values().get(pk=admin_user.pk) == before


def test_the_delete_action_spares_people_who_can_sign_in(manager: User, admin_user: User) -> None:
    data = {"action": "delete_selected", "_selected_action": admin_user.pk, "post": "yes", "index": 0}
    sign_in(manager).post("/admin/accounts/user/", data)
    assert User.objects.filter(pk=admin_user.pk).exists()


def test_groups_are_no_way_to_more_permissions(manager: User) -> None:
    assert Group not in site._registry


def test_a_profile_of_someone_else_cannot_be_taken_over() -> None:
    user = make_staff("accounts.change_author", "accounts.view_author", "blog.add_post")
    other = make_author(name="Other Author")
    post = make_post(author=other)
    data = {
        "name": "Other Author",
        "slug": other.slug,
        "user": str(user.pk),
        "position": "0",
        "qualifications-TOTAL_FORMS": "0",
        "qualifications-INITIAL_FORMS": "0",
        "links-TOTAL_FORMS": "0",
        "links-INITIAL_FORMS": "0",
    }
    response = sign_in(user).post(f"/admin/accounts/author/{other.pk}/change/", data)
    assert response.status_code == 302
    assert Author.objects.get(pk=other.pk).user is None
    assert sign_in(user).get(f"/admin/blog/post/{post.pk}/preview/").status_code == 404


def test_the_last_owner_cannot_be_deleted_or_locked_out(admin_user: User) -> None:
    client = sign_in(admin_user)
    url = f"/admin/accounts/user/{admin_user.pk}"
    client.post(f"{url}/delete/", {"post": "yes"})
    client.post(
        "/admin/accounts/user/", {"action": "delete_selected", "_selected_action": admin_user.pk, "post": "yes"}
    )
    client.post(f"{url}/change/", {"email": admin_user.email, "name": "", "role": "author", "is_active": "on"})
    client.post(f"{url}/change/", {"email": admin_user.email, "name": "", "role": "owner"})
    admin_user.refresh_from_db()
    assert (admin_user.is_superuser, admin_user.is_active) == (True, True)
