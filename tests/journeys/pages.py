"""Every page there is, each with what has to be done before it shows: for axe, for narrow screens, and for pictures."""

from __future__ import annotations

from typing import Any

from portal.base.ids import to_ref
from tests.journeys.conftest import House

FOR_ANYBODY = {
    "sign-in": "/login", "staff-sign-in": "/counter/login", "company-sign-in": "/login/company",
    "signed-out": "/oauth/left", "tray": "/tray/",
    "tray-number": "/tray/138-5710-1234", "nothing-here": "/nowhere",
}  # fmt: skip
OF_THE_HALL = {
    "home": "/", "bills": "/bills", "points": "/points", "points-history": "/points/history", "gift": "/points/gifts/gift_data_5gb",
    "orders": "/orders", "activity": "/activity", "me": "/me", "service-password": "/me/password",
    "sessions": "/me/sessions", "sign-ins": "/me/sign-ins", "sites": "/me/sites", "people": "/me/people",
    "invite": "/me/people/invite", "link": "/me/people/link", "who-looked": "/me/looks", "proof": "/proof", "security": "/me/security",
    "passkey-new": "/me/security/passkeys/new", "web-password": "/me/security/password", "not-yours": "/bills/0000000000001",
}  # fmt: skip
OF_THE_SHOP = {
    "shop": "/shop", "shelf": "/shop?category=phones", "offer": "/shop/device_redmi_note_13", "plan": "/shop/plan_contract_24",
    "offer-not-for-you": "/shop/plan_student", "cart": "/cart", "checkout": "/checkout", "addresses": "/me/addresses",
    "address-new": "/me/addresses/new", "quotes": "/quotes", "sales": "/sales", "code": "/points/codes",
}  # fmt: skip
OF_THE_MARKETING = {
    "offers": "/office/offers/", "offer-office": "/office/offers/device_redmi_note_13", "offer-change": "/office/offers/sim_card/change",
    "offer-new": "/office/offers/new", "offers-preview": "/office/offers/preview", "price-lists": "/office/offers/price-lists",
    "codes": "/office/codes/",
    "codes-new": "/office/codes/new", "codes-look-up": "/office/codes/look-up",
    "sales-office": "/office/sales/", "sale-new": "/office/sales/new", "presale-new": "/office/presales/new",
}  # fmt: skip
OF_THE_TILL = {"reconciliation": "/office/payments"}
OF_THE_OFFICE = {
    "worklist": "/office/", "worklist-mine": "/office/?view=mine", "pick-list": "/office/pick-list",
    "order-not-found": "/office/search?q=zzzz", "export": "/office/export",
}  # fmt: skip
OF_THE_SIGN_ON = {
    "sign-on-sites": "/office/sign-on/", "sign-on-new-site": "/office/sign-on/new-site", "sign-on-companies": "/office/sign-on/companies",
    "sign-on-sign-outs": "/office/sign-on/sign-outs", "sign-on-registration": "/office/sign-on/registration",
    "sign-on-keys": "/office/sign-on/keys",
}  # fmt: skip
OF_DEVELOPERS = {"developers": "/developers", "developers-new": "/developers/new"}
OF_THE_COUNTER = {
    "desk": "/counter/",
    "search": "/counter/search?q=1234",
    "nobody-found": "/counter/search?q=zzzz",
    "pick-ups": "/counter/pick-ups",
}


def customer(house: House) -> str:
    """Give Alice's address at the counter."""
    return f"/counter/customers/{to_ref(house.cast.alice.customer_id)}"


def company(house: House) -> str:
    """Give Acme's address under Sign-on."""
    return f"/office/sign-on/companies/{to_ref(house.cast.acme.customer_id)}"


def close_if_open(page: Any, house: House) -> None:
    """Mask Alice again, if an earlier test left her open."""
    page.goto(customer(house))
    if page.locator("#band form[action$='/close'] button").count():
        page.locator("#band form[action$='/close'] button").click()
        page.wait_for_url("**/counter/")


def newest_bill(page: Any) -> str:
    """Give the address of the newest bill."""
    page.goto("/bills")
    found: str = page.locator("main a[href^='/bills/']").first.get_attribute("href")
    return found


def wrong_number(page: Any) -> None:
    """The number's page with something to correct."""
    page.goto("/login")
    page.locator("#f-number").fill("12345")
    page.locator("main form button[value=code]").click()
    page.locator("#error-summary").wait_for()


def wrong_staff(page: Any) -> None:
    """The staff's page with something to correct."""
    page.goto("/counter/login")
    page.locator("#f-login").fill("nobody")
    page.locator("#f-password").fill("wrong")
    page.locator("#f-code").fill("000000")
    page.locator("main form:has(#f-code) button[type=submit]").click()
    page.locator("#error-summary").wait_for()


ERRORS = {"sign-in-error": wrong_number, "staff-sign-in-error": wrong_staff}
