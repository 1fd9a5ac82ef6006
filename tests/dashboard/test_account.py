"""Tokens for everybody; users and the audit trail for administrators."""

from __future__ import annotations

import urllib3
from playwright.sync_api import Browser, expect

from tests.dashboard.visitor import Visitor, visitor


def test_a_user_is_added_signs_in_and_is_disabled(someone: Visitor, browser: Browser, url: str) -> None:
    page = someone.page
    someone.at_work()
    someone.go("Account")
    page.get_by_label("New user").fill("grace")
    page.get_by_role("button", name="Add").click()
    box = page.get_by_role("dialog")
    password = box.locator(".secret").inner_text()
    box.get_by_role("button", name="Done").click()
    expect(page.get_by_role("row", name="grace")).to_contain_text("active")

    with visitor(browser, url) as other:
        other.sign_in_as("grace", password)
        expect(other.page.get_by_role("heading", name="New workload")).to_be_visible()
        other.go("Account")
        expect(other.page.get_by_role("heading", name="Your account")).to_be_visible()
        assert other.page.get_by_role("link", name="Users").count() == 0
        other.page.get_by_role("link", name="Password").click()
        other.page.get_by_label("Present password").fill("something else")
        other.page.get_by_label("New password").fill("quite a long new password")
        other.page.get_by_role("button", name="Change it").click()
        expect(other.page.get_by_role("alert")).to_be_visible()

    page.get_by_role("button", name="Disable grace").click()
    expect(page.get_by_role("row", name="grace")).to_contain_text("disabled")
    page.get_by_role("link", name="Audit").click()
    expect(page.get_by_role("row").filter(has_text="user-added")).to_contain_text("grace")


def test_a_token_is_made_works_and_is_revoked(someone: Visitor, url: str) -> None:
    page = someone.page
    someone.at_work()
    someone.go("Account")
    page.get_by_role("link", name="Tokens").click()
    page.get_by_label("New token, for").fill("nightly script")
    page.get_by_role("button", name="Make it").click()
    box = page.get_by_role("dialog")
    token = box.locator(".secret").inner_text()
    box.get_by_role("button", name="Done").click()
    headers = {"Authorization": f"Bearer {token}"}
    with urllib3.PoolManager() as http:
        assert http.request("GET", f"{url}/status", headers=headers).status == 200
        page.get_by_role("button", name="Revoke nightly script").click()
        page.get_by_role("button", name="Revoke it").click()
        expect(page.get_by_role("row", name="nightly script")).to_have_count(0)
        assert http.request("GET", f"{url}/status", headers=headers).status == 401
