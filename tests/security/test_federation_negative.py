"""What a company's provider, or somebody in its name, says wrongly lets nobody in (OpenID Connect Core 3.1.3.7, SAML profiles 4.1.4)."""

from __future__ import annotations

import base64
from copy import deepcopy
from datetime import UTC, datetime, timedelta

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OctKey
from lxml import etree

from portal.federation import (
    Ourselves,
    Said,
    check_id_token,
    check_response,
    get_provider,
    keep_provider_keys,
    start_upstream,
    take_journey,
    take_posted,
    take_waiting,
    wait_at_the_door,
)
from tests.federation.oidc_company import CLIENT, ISSUER, Company, unsigned
from tests.federation.saml_company import NAMES, OURS, SAML, Answer, assertion_of, make_signer, post, read_request, sign, sign_by_hmac

FLOW = "this browser's"
OIDC_US = Ourselves("https://localhost/login/company/acme/back")
SAML_US = Ourselves(f"{OURS}/acs", f"{OURS}/metadata")


@pytest.fixture
def company(database, acme, keys, now):
    """Somebody is on the way to Acme's provider; we hold its keys."""
    company = Company(now)
    with database.writing() as session:
        keep_provider_keys(session, acme, company.fetch(f"{ISSUER}/jwks"))
        company.meet(start_upstream(session, keys, acme, OIDC_US, flow_id=FLOW, next="/points", now=now))
        company.provider = get_provider(session, acme.id)
        company.journey = take_journey(session, keys, acme, company.asked["state"], flow_id=FLOW, now=now)
    return company


def judged(company, token, *, access=None, now=None):
    return check_id_token(company.provider, company.journey, token, access, now=now or company.now)


def test_oidc_negative_upstream_a_right_token_is_taken(company):
    said = judged(company, company.sign(), access=company.access_token)
    assert isinstance(said, Said)
    assert (said.subject, said.email, said.authenticated_at) == ("emma-0017", "emma@acme.example", company.now)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"iss": "https://id.evil.example"}, "issuer"), ({"iss": f"{ISSUER}/"}, "issuer"), ({"iss": None}, "issuer"),
        ({"aud": "somebody-else"}, "audience"), ({"aud": [CLIENT, "somebody-else"]}, "audience"), ({"aud": None}, "audience"),
        ({"azp": "somebody-else"}, "audience"), ({"nonce": "another"}, "nonce"), ({"nonce": None}, "nonce"), ({"exp": None}, "times"),
        ({"exp": 1}, "times"), ({"iat": None}, "times"), ({"iat": True}, "times"), ({"exp": "soon"}, "times"), ({"sub": None}, "subject"),
        ({"sub": ""}, "subject"), ({"sub": ["emma"]}, "subject"), ({"sub": "a\nb"}, "subject"), ({"at_hash": "x"}, "at_hash"),
    ],
)  # fmt: skip
def test_jwt_negative_upstream_a_claim_that_is_wrong(company, changes, code):
    assert judged(company, company.sign(**changes), access=company.access_token).code == code


def test_jwt_negative_upstream_times_are_held_to_a_minute(company, now):
    late, early = now + timedelta(minutes=6, seconds=1), now - timedelta(seconds=61)
    assert judged(company, company.sign(), now=late).code == "times"
    assert judged(company, company.sign(), now=early).code == "times"
    assert isinstance(judged(company, company.sign(), now=now + timedelta(minutes=5, seconds=59)), Said)


def test_jwt_negative_upstream_none_hmac_and_strange_keys_sign_nothing(company):
    right = {"iss": ISSUER, "aud": CLIENT, "sub": "emma-0017", "nonce": company.asked["nonce"]}
    assert judged(company, unsigned(right)).code in ("id_token", "algorithm")
    public = OctKey.import_key(base64.b64encode(company.key.as_pem(private=False)).decode())
    by_hmac = jws.serialize_compact({"alg": "HS256", "kid": "one"}, b"{}", public, algorithms=["HS256"])
    assert judged(company, by_hmac).code == "algorithm"
    company.signs_with = ECKey.generate_key("P-256")
    assert judged(company, company.sign()).code == "signature"
    company.header = {"jwk": company.signs_with.as_dict(private=False), "kid": "two"}
    assert judged(company, company.sign()).code == "signature"
    assert judged(company, "rubbish").code == "id_token"


def test_an_address_the_provider_does_not_vouch_for_says_nothing(company):
    for verified in (None, False, "true", 1):
        assert judged(company, company.sign(email_verified=verified)).email is None


def test_a_proof_of_long_ago_is_no_proof_of_now(company, now):
    hours_ago = now - timedelta(hours=3)
    assert judged(company, company.sign(auth_time=int(hours_ago.timestamp()))).authenticated_at == hours_ago
    assert judged(company, company.sign(auth_time=None)).authenticated_at is None
    assert judged(company, company.sign(auth_time=int((now + timedelta(hours=1)).timestamp()))).authenticated_at is None


def test_a_way_back_is_good_once_in_one_browser_for_ten_minutes(database, acme, globex, keys, now):
    company = Company(now)

    def taken(provider=acme, flow=FLOW, at=now):
        with database.writing() as session:
            return take_journey(session, keys, provider, company.asked["state"], flow_id=flow, now=at)

    with database.writing() as session:
        company.meet(start_upstream(session, keys, acme, OIDC_US, flow_id=FLOW, next="/points", now=now))
    assert taken(flow="another browser's") is None
    assert taken(provider=globex) is None
    assert taken(at=now + timedelta(minutes=10)) is None
    assert taken().next == "/points"
    assert taken() is None


@pytest.fixture
def asked(database, globex, keys, now):
    """Somebody is on the way to Globex's provider: give the question's ID and the journey."""
    with database.writing() as session:
        question, state = read_request(start_upstream(session, keys, globex, SAML_US, flow_id=FLOW, next=None, now=now))
        journey = take_posted(session, keys, globex, state, now=now)
    assert question.get("ID") == journey.request_id
    return journey


@pytest.fixture
def judge(database, globex, asked, now):
    """Give whom a response names, or the code of why it is not taken."""

    def look(tree, *, journey=asked, at=now):
        with database.writing() as session:
            said = check_response(session, globex, SAML_US, journey, tree if isinstance(tree, str) else post(tree), now=at)
        return said if isinstance(said, Said) else said.code

    return look


@pytest.fixture
def answer(asked, now):
    return Answer(now, asked.request_id)


@pytest.mark.parametrize("what", ["assertion", "response"])
def test_saml_negative_a_right_answer_is_taken_once(judge, answer, what):
    tree = sign(answer.tree(), what=what)
    said = judge(tree)
    assert (said.subject, said.email, said.name) == ("grace@globex.example", "grace@globex.example", "Grace Hu")
    assert judge(tree) == "replayed"


def test_saml_negative_both_may_be_signed_and_then_both_must_be_right(judge, answer):
    assert isinstance(judge(sign(sign(answer.tree()), what="response")), Said)
    other = answer.but(assertion_id="_a-2")
    assert judge(sign(sign(other.tree()), what="response", signer=make_signer("evil"))) == "signature"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"audience": "https://elsewhere.example"}, "audience"), ({"recipient": f"{OURS}/acs/"}, "confirmation"),
        ({"destination": "https://elsewhere.example"}, "destination"), ({"issuer": "https://evil.example"}, "issuer"),
        ({"in_response_to": "_other"}, "in_response_to"), ({"confirmed_for": "_other"}, "confirmation"),
        ({"status": "urn:oasis:names:tc:SAML:2.0:status:Responder"}, "declined"), ({"minutes": -5}, "times"),
        ({"method": "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"}, "confirmation"), ({"age": timedelta(minutes=9)}, "times"),
        ({"name_format": "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"}, "subject"), ({"subject": ""}, "subject"),
        ({"age": timedelta(minutes=-3)}, "times"),
    ],
)  # fmt: skip
def test_saml_negative_signed_and_wrong_all_the_same(judge, answer, changes, code):
    assert judge(sign(answer.but(**changes).tree())) == code


def test_saml_negative_an_answer_in_time_is_not_taken_later(judge, answer, now):
    tree = sign(answer.tree())
    assert judge(tree, at=now + timedelta(minutes=6, seconds=1)) == "times"


def test_saml_negative_a_destination_is_demanded_where_all_is_signed(judge, answer):
    assert judge(sign(answer.but(destination=None).tree(), what="response")) == "destination"
    assert isinstance(judge(sign(answer.but(destination=None).tree())), Said)


def test_saml_negative_unsigned_or_signed_by_others(judge, answer):
    assert judge(answer.tree()) == "unsigned"
    assert judge(sign(answer.tree(), signer=make_signer("evil"))) == "signature"


def test_saml_negative_what_was_changed_after_signing(judge, answer):
    tree = sign(answer.tree())
    assert judge(post(tree, lambda raw: raw.replace(b"grace@", b"heidi@"))) == "signature"
    assert judge(post(tree, lambda raw: raw.replace(b"Grace Hu", b"Grace Wu"))) == "signature"


def test_saml_negative_sha1_sha224_and_hmac(judge, answer):
    """Each signed rightly: by the provider's own key, or, HMAC, with what everybody knows of it."""
    for signature, digest in (("rsa-sha1", "sha256"), ("rsa-sha256", "sha1"), ("rsa-sha224", "sha256"), ("rsa-sha256", "sha224")):
        assert judge(sign(answer.tree(), signature=signature, digest=digest)) == "signature", (signature, digest)
    assert judge(sign_by_hmac(answer.tree(), make_signer().certificate)) == "signature"


def forged(tree, subject="root@globex.example"):
    """Give an unsigned assertion of a forger's, like the signed one."""
    evil = deepcopy(assertion_of(tree))
    for signature in evil.findall("ds:Signature", NAMES):
        evil.remove(signature)
    evil.set("ID", "_evil")
    evil.find("saml:Subject/saml:NameID", NAMES).text = subject
    return evil


def test_saml_negative_wrapped_signatures(judge, answer):
    """XSW 1 to 8 (Somorovsky et al., "On Breaking SAML", USENIX Security 2012), each with a genuine signature within."""
    variants = []
    before = sign(answer.tree())
    before.insert(2, forged(before))
    variants.append(before)
    after = sign(answer.tree())
    after.append(forged(after))
    variants.append(after)
    around = sign(answer.tree())
    genuine, evil = assertion_of(around), forged(around)
    around.replace(genuine, evil)
    evil.append(genuine)
    variants.append(around)
    in_signature = sign(answer.tree())
    genuine, evil = assertion_of(in_signature), forged(in_signature)
    signature = genuine.find("ds:Signature", NAMES)
    in_signature.replace(genuine, evil)
    evil.append(signature)
    signature.append(genuine)
    variants.append(in_signature)
    in_extensions = sign(answer.tree())
    genuine, evil = assertion_of(in_extensions), forged(in_extensions)
    in_extensions.replace(genuine, evil)
    holder = etree.SubElement(in_extensions, f"{{{NAMES['samlp']}}}Extensions")
    holder.append(genuine)
    variants.append(in_extensions)
    in_object = sign(answer.tree())
    genuine, evil = assertion_of(in_object), forged(in_object)
    signature = genuine.find("ds:Signature", NAMES)
    genuine.remove(signature)
    in_object.replace(genuine, evil)
    etree.SubElement(signature, f"{{{NAMES['ds']}}}Object").append(genuine)
    evil.append(signature)
    variants.append(in_object)
    outer = sign(answer.tree(), what="response")
    wrapped = answer.tree()
    wrapped.set("ID", "_evil-response")
    wrapped.replace(assertion_of(wrapped), forged(wrapped))
    wrapped.append(outer)
    variants.append(wrapped)
    for number, tree in enumerate(variants, 1):
        assert judge(tree) in ("shape", "reference", "signature", "unsigned"), number


def test_saml_negative_an_id_said_twice_points_nowhere(judge, answer):
    tree = sign(answer.tree())
    evil = forged(tree)
    evil.set("ID", assertion_of(tree).get("ID"))
    tree.insert(2, evil)
    assert judge(tree) == "xml"


def test_saml_negative_a_signature_over_something_else(judge, answer):
    tree = sign(answer.tree())
    reference = tree.find(".//ds:Reference", NAMES)
    for uri in ("", "#_other", f"#{tree.get('ID')}", "http://evil.example/x"):
        reference.set("URI", uri)
        assert judge(tree) == "reference"


def test_saml_negative_document_types_entities_comments_and_instructions(judge, answer):
    raw = etree.tostring(sign(answer.tree()))
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
    outside = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    for broken in (
        bomb + raw, outside + raw, raw.replace(b"grace@globex", b"grace<!-- -->@globex"), raw.replace(b"grace@", b"<?x y?>grace@"),
        b'<?xml version="1.0" encoding="utf-16"?>' + raw, raw.decode().encode("utf-16"), raw[:-20], b"", b"\x00", raw + b"x" * 600_000,
    ):  # fmt: skip
        assert judge(post(broken)) == "xml"
    assert judge("no base64!") == "xml"


def test_saml_negative_a_comment_in_a_name_does_not_cut_it_short(judge, answer):
    tree = sign(answer.but(subject="root@globex.example.evil.example").tree())
    assert judge(post(tree, lambda raw: raw.replace(b"root@globex.example.evil", b"root@globex.example<!---->.evil"))) == "xml"


def test_saml_negative_an_encrypted_assertion_is_not_read(judge, answer):
    tree = sign(answer.tree())
    etree.SubElement(tree, f"{{{SAML}}}EncryptedAssertion")
    assert judge(tree) == "shape"


def test_saml_negative_a_certificate_that_has_ended(database, globex, asked, answer, now):
    from dataclasses import replace

    from portal.federation import check_provider
    from tests.federation.saml_company import metadata

    old = make_signer("old", ends=datetime(2025, 1, 1, tzinfo=UTC))
    provider = replace(globex, document=check_provider(metadata(old)))
    with database.writing() as session:
        refused = check_response(session, provider, SAML_US, asked, post(sign(answer.tree(), signer=old)), now=now)
    assert refused.code == "signature"


def test_saml_negative_what_waits_at_the_door_waits_a_minute_for_one_browser(database, globex, asked, keys, now):
    with database.writing() as session:
        name = wait_at_the_door(session, keys, asked, {"subject": "grace"}, now=now)

    def taken(flow=FLOW, at=now):
        with database.writing() as session:
            return take_waiting(session, keys, globex, name, flow_id=flow, now=at)

    assert taken(flow="another browser's") is None
    assert taken(at=now + timedelta(minutes=1)) is None
    with database.writing() as session:
        assert take_journey(session, keys, globex, name, flow_id=FLOW, now=now) is None
    assert taken().said == {"subject": "grace"}
    assert taken() is None
