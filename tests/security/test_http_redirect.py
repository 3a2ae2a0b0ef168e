"""Guard 36: a sign-in leads on inside this house or to its start page, whatever `next` says."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

import pytest

ELSEWHERE = (
    "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "https:evil.example", "///evil.example",
    "/%09/evil.example", "/\t/evil.example", "/\n/evil.example", "javascript:alert(1)", "data:text/html,x", "evil.example",
    "https://localhost@evil.example/", "/\u2028/evil.example", "http:///evil.example", " //evil.example", "/ /evil.example",
)  # fmt: skip


def is_ours(location):
    """A path of this house: what a browser would not read as another host, after leaving out what browsers leave out."""
    return re.sub(r"[\t\n\r]", "", location).startswith("/") and not re.sub(r"[\t\n\r]", "", location)[1:].startswith(("/", "\\"))


@pytest.mark.parametrize("target", ELSEWHERE[:2])
def test_redirect_a_sign_in_leads_nowhere_else(site, cast, phone, target):
    page = site.get(f"/login?next={quote(target, safe='')}").page
    code_page = site.post_form(page, site.url("site.take_number"), number=cast.charlie.number, button="code").page
    answer = site.post_form(code_page, site.url("site.take_code"), code=phone(cast.charlie.number), follow=False)
    assert answer.status_code == 303
    assert is_ours(answer.headers["Location"]), answer.headers["Location"]


def test_redirect_no_form_leads_elsewhere_and_none_carries_it_on(visitor):
    for target in ELSEWHERE:
        for path in ("/login", "/counter/login"):
            page = visitor.get(f"{path}?next={quote(target, safe='')}").page
            carried = [unquote(page.where(form).partition("next=")[2]) for form in page.root.all("form")]
            assert all(is_ours(each or "/") for each in carried), carried
        token = visitor.token()
        for path, fields in (("/theme", {"theme": "dark"}), ("/language", {"lang": "en"})):
            answer = visitor.post(path, data={"csrf_token": token, "next": target, **fields})
            assert answer.status_code == 303
            assert is_ours(answer.headers["Location"]), target


def test_redirect_a_proof_leads_nowhere_else(sign_in, cast):
    charlie = sign_in(cast.charlie)
    for target in ELSEWHERE:
        page = charlie.get(f"/proof?next={quote(target, safe='')}").page
        assert all(is_ours(unquote(page.where(form).partition("next=")[2]) or "/") for form in page.root.all("form")), target


def test_redirect_a_sign_in_leads_on_to_the_page_that_was_wanted(site, cast, phone):
    asked = site.get("/bills")
    assert asked.status_code == 303
    page = site.get(asked.headers["Location"]).page
    code_page = site.post_form(page, site.url("site.take_number"), number=cast.alice.number, button="code").page
    answer = site.post_form(code_page, site.url("site.take_code"), code=phone(cast.alice.number), follow=False)
    assert answer.headers["Location"] == "/bills"


def test_redirect_a_wanted_page_survives_a_wrong_number_a_wrong_code_and_another_code(site, cast, phone, shift):
    page = site.get("/login?next=/activity").page
    page = site.post_form(page, site.url("site.take_number"), number="nonsense", button="code").page
    page = site.post_form(page, site.url("site.take_number"), number=cast.alice.number, button="code").page
    page = site.post_form(page, site.url("site.take_code"), code="abc").page
    shift(61)
    page = site.post_form(page, site.url("site.send_another_code")).page
    answer = site.post_form(page, site.url("site.take_code"), code=phone(cast.alice.number), follow=False)
    assert answer.headers["Location"] == "/activity"
