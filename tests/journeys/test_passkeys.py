"""Passkeys in Chromium, with an authenticator of its own over the DevTools protocol (WebDriver BiDi has none yet)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.journeys.conftest import sign_in

AUTHENTICATOR = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True,
    "automaticPresenceSimulation": True,
}  # fmt: skip


class Device:
    """A browser's authenticator, such as a laptop's fingerprint reader."""

    def __init__(self, page: Any) -> None:
        self.cdp = page.context.new_cdp_session(page)
        self.cdp.send("WebAuthn.enable", {"enableUI": False})
        self.id = self.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})["authenticatorId"]

    @property
    def passkeys(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.id})["credentials"]
        return found

    def put(self, passkey: dict[str, Any]) -> None:
        """Give the device a passkey that another one made: what a sync of a person's devices does."""
        self.cdp.send("WebAuthn.addCredential", {"authenticatorId": self.id, "credential": passkey})

    def presence(self, *, shown: bool) -> None:
        self.cdp.send("WebAuthn.setAutomaticPresenceSimulation", {"authenticatorId": self.id, "enabled": shown})

    def verifies(self, *, right: bool) -> None:
        self.cdp.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": right})


def make_passkey(page: Any, device: Device, name: str) -> dict[str, Any]:
    """Make a passkey by hand; give it as the device keeps it."""
    before = {each["credentialId"] for each in device.passkeys}
    page.goto("/me/security")
    page.get_by_role("link", name="Add a passkey").click()
    page.locator("#f-name").fill(name)
    page.get_by_role("button", name="Make the passkey").click()
    page.wait_for_url("**/me/security")
    assert page.locator(".way-link", has_text=name).is_visible()
    return next(each for each in device.passkeys if each["credentialId"] not in before)


def remove_passkey(page: Any, name: str) -> None:
    page.goto("/me/security")
    page.locator(".way-link", has_text=name).click()
    page.get_by_role("button", name="Remove this passkey").click()
    page.wait_for_url("**/me/security")


@pytest.fixture
def charlie(window, house):
    """Charlie, signed in by code, with a device of his own; his passkeys go with the test."""
    page = window()
    sign_in(page, house.cast.charlie.number)
    return page, Device(page)


def test_charlie_makes_a_passkey_and_signs_in_with_it_from_the_first_page(charlie, window):
    page, device = charlie
    passkey = make_passkey(page, device, "Laptop")
    assert passkey["isResidentCredential"]
    assert passkey["rpId"] == "localhost"

    other = window()
    there = Device(other)
    other.goto("/login")
    other.wait_for_load_state("networkidle")  # the field's own offer found nothing, and waits
    there.put(passkey)
    other.get_by_role("button", name=re.compile("Use a passkey")).click()
    other.wait_for_url(re.compile(r"/$"))
    other.goto("/me/sessions")
    assert "Passkey" in other.locator("main").inner_text()
    remove_passkey(other, "Laptop")


def test_the_field_itself_offers_the_passkey(charlie, window):
    page, device = charlie
    passkey = make_passkey(page, device, "Field")
    other = window()
    Device(other).put(passkey)
    other.goto("/login")
    other.wait_for_url(re.compile(r"/$"))  # the device answers at once: nobody pressed anything
    remove_passkey(other, "Field")


def test_who_is_not_recognised_stays_and_is_told(charlie, window):
    page, device = charlie
    passkey = make_passkey(page, device, "Other finger")
    other = window()
    there = Device(other)
    there.presence(shown=False)
    there.put(passkey)
    there.verifies(right=False)
    other.goto("/login")
    there.presence(shown=True)
    other.get_by_role("button", name=re.compile("Use a passkey")).click()
    other.locator("#passkey-note").wait_for(state="visible")
    assert other.url.endswith("/login")
    other.locator("#f-number").fill("13800138000")
    remove_passkey(page, "Other finger")


def test_without_javascript_the_first_page_offers_no_passkey(window):
    page = window(javascript=False)
    page.goto("/login")
    assert not page.get_by_role("button", name=re.compile("Use a passkey")).is_visible()
    assert page.get_by_role("button", name="Send me a code").is_visible()
