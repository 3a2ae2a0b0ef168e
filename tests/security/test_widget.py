"""Guard 22: the company's assertion. Signed by a live key by ES256, for this portal, store and page, for a minute, once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from portal.base.db import Base
from portal.base.errors import Invalid, NotFound
from portal.identity import (
    ASSERTION_SENTENCES,
    AssertionRefused,
    Employee,
    add_embed_key,
    check_assertion,
    create_embed_client,
    end_embed_client,
    find_embed_token,
    issue_embed_token,
    list_embed_keys,
    read_assertion,
    retire_embed_key,
    sweep_embedding,
)
from portal.identity.embed_assertions import LEEWAY_SECONDS
from tests.cast import NOW
from tests.ministores.company import EMMA, ORIGIN, PORTAL, open_acme, open_globex, packed
from tests.security.racers import take_assertion, take_assertion_unguarded

MINUTE = timedelta(seconds=60)


@pytest.fixture
def acme(database, cast):
    with database.writing() as session:
        return open_acme(session, cast)


@pytest.fixture
def globex(database, acme):
    with database.writing() as session:
        return open_globex(session)


@pytest.fixture
def show(database):
    """Give a way to show an assertion at a store's door as the face does; it gives the employee or the refusal's code."""

    def at_the_door(text, *, store="acme", audience=PORTAL, origin=ORIGIN, now=NOW):
        with database.reading() as session:
            signed = read_assertion(session, text, now=now)
        if isinstance(signed, AssertionRefused):
            assert signed.sentence == ASSERTION_SENTENCES[signed.code]
            return signed.code
        with database.writing() as session:
            answer = check_assertion(session, signed, store=store, audience=audience, origin=origin, now=now)
        return answer.code if isinstance(answer, AssertionRefused) else answer

    return at_the_door


def uses(database):
    with database.reading() as session:
        return session.execute(sa.select(sa.func.count()).select_from(Base.metadata.tables["assertion_use"])).scalar_one()


def test_widget_token_a_right_assertion_names_the_employee(show, acme):
    assert show(acme.sign()) == Employee(acme.client_id, acme.customer_id, "acme", *EMMA, ORIGIN)
    assert isinstance(show(acme.sign(aud=[PORTAL])), Employee)
    assert isinstance(show(acme.sign(sub="工号 7", name="林 涛")), Employee)


def test_widget_token_an_assertion_is_good_once(show, acme, database):
    text = acme.sign()
    assert isinstance(show(text), Employee)
    for _ in range(3):
        assert show(text) == "assertion_replayed"
    assert uses(database) == 1


def test_widget_token_the_same_jti_in_another_assertion_is_a_replay_but_another_companys_is_its_own(show, acme, globex):
    jti = "one-and-the-same-id"
    assert isinstance(show(acme.sign(jti=jti)), Employee)
    assert show(acme.sign(("E-9", "Somebody"), jti=jti)) == "assertion_replayed"
    assert isinstance(show(globex.sign(jti=jti), store="globex", origin=globex.origin), Employee)


@pytest.mark.parametrize("racers", [take_assertion, take_assertion_unguarded], ids=["as it is", "the mutant"])
def test_widget_token_of_six_at_once_one_is_taken(database, acme, race, racers):
    got = race.run(racers, database.engine.url.render_as_string(hide_password=False), acme.sign(), NOW)
    taken = got.count("Employee")
    assert taken == 1 if racers is take_assertion else taken > 1, got


@pytest.mark.parametrize(
    ("where", "code"),
    [
        ({"audience": "https://other.example"}, "assertion_audience"),
        ({"store": "globex"}, "assertion_store"),
        ({"origin": "https://evil.example"}, "assertion_origin"),
        ({"origin": "null"}, "assertion_origin"),
        ({"origin": ORIGIN + ".evil.example"}, "assertion_origin"),
        ({"origin": ORIGIN.replace("https", "http")}, "assertion_origin"),
    ],
)
def test_widget_token_shown_at_the_wrong_door_it_is_refused_and_used_up(show, acme, globex, where, code):
    text = acme.sign()
    assert show(text, **where) == code
    assert show(text) == "assertion_replayed", "the refusal was committed"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"aud": "https://other.example"}, "assertion_audience"), ({"aud": None}, "assertion_audience"),
        ({"aud": PORTAL + "/"}, "assertion_audience"), ({"aud": [PORTAL, "https://other.example"]}, "assertion_audience"),
        ({"aud": []}, "assertion_audience"), ({"aud": {"a": 1}}, "assertion_audience"), ({"aud": True}, "assertion_audience"),
        ({"store": "globex"}, "assertion_store"), ({"store": "Acme"}, "assertion_store"),
        ({"origin": "https://evil.example"}, "assertion_origin"), ({"origin": ORIGIN + "/"}, "assertion_origin"),
        ({"iss": "globex-intranet"}, "assertion_key"), ({"iss": "nobody"}, "assertion_key"), ({"iss": None}, "assertion_key"),
        ({"iss": 7}, "assertion_key"), ({"iss": "acme\x00intranet"}, "assertion_key"),
        *(({name: None}, "assertion_claims") for name in ("sub", "name", "store", "origin", "jti", "iat", "exp")),
        *(({name: 7}, "assertion_claims") for name in ("sub", "name", "store", "origin", "jti")),
        *(({name: bad}, "assertion_claims") for name in ("sub", "name") for bad in ("", " ", "a\nb", "x" * 129, " E-1", "\u202e", ["E-1"])),
        *(({name: bad}, "assertion_claims") for name in ("iat", "exp") for bad in (1.5, True, "1", -1, 0, 10**30, [1])),
        ({"nbf": "soon"}, "assertion_claims"), ({"jti": "short"}, "assertion_claims"),
    ],
)  # fmt: skip
def test_widget_token_a_claim_that_is_wrong_missing_or_of_another_kind_is_refused(show, acme, globex, changed, code):
    assert show(acme.sign(**changed)) == code


@pytest.mark.parametrize(
    ("issued", "expires", "code"),
    [
        (0, 60, None), (-59, 1, None), (LEEWAY_SECONDS, 60, None), (-60, -LEEWAY_SECONDS + 1, None),
        (0, 61, "assertion_long"), (-600, 60, "assertion_long"), (0, 0, "assertion_long"), (10, 5, "assertion_long"),
        (-60, -LEEWAY_SECONDS, "assertion_expired"), (-3600, -3560, "assertion_expired"),
        (LEEWAY_SECONDS + 1, 60, "assertion_early"), (3600, 3660, "assertion_early"),
    ],
)  # fmt: skip
def test_widget_token_it_is_good_for_a_minute_at_most_and_clocks_may_differ_by_five_seconds(show, acme, issued, expires, code):
    start = int(NOW.timestamp())
    answer = show(acme.sign(iat=start + issued, exp=start + expires))
    assert isinstance(answer, Employee) if code is None else answer == code


def test_widget_token_not_before_is_heeded(show, acme):
    start = int(NOW.timestamp())
    assert show(acme.sign(nbf=start + 30)) == "assertion_early"
    assert isinstance(show(acme.sign(nbf=start)), Employee)


def test_widget_token_a_minute_later_it_has_expired(show, acme):
    text = acme.sign()
    assert show(text, now=NOW + MINUTE + timedelta(seconds=LEEWAY_SECONDS)) == "assertion_expired"


@pytest.mark.parametrize("typ", [None, "JWT", "jwt", "at+jwt", "Employee+JWT", "application/employee+jwt", 7])
def test_widget_token_a_jwt_of_another_kind_is_refused(show, acme, typ):
    header = {"alg": "ES256", "kid": acme.kid} | ({"typ": typ} if typ is not None else {})
    signed = acme.sign()
    other = packed(header, acme.claims(), base64.urlsafe_b64decode(signed.rsplit(".", 1)[1] + "=="))
    assert show(other) in ("assertion_type", "assertion_unreadable")


@pytest.mark.parametrize(
    "alg", ["none", "None", "NONE", "HS256", "HS512", "RS256", "ES384", "ES512", "ES256K", "EdDSA", "Ed25519", "", None, 7, ["ES256"]]
)
def test_widget_token_another_algorithm_in_the_header_is_refused(show, acme, alg):
    header = acme.header() | {"alg": alg}
    signature = base64.urlsafe_b64decode(acme.sign().rsplit(".", 1)[1] + "==")
    for each in (signature, b""):
        assert show(packed(header, acme.claims(), each)) in ("assertion_algorithm", "assertion_unreadable")


def test_widget_token_signed_by_hmac_with_the_public_key_is_refused(show, acme):
    """The classic confusion: what everybody may know is taken for a secret."""
    pem = acme.key.as_pem(private=False)
    for secret in (pem, pem.strip(), json.dumps(acme.key.as_dict(private=False)).encode()):
        for said in ("HS256", "ES256"):
            header = acme.header() | {"alg": said}
            head = packed(header, acme.claims(), b"").rstrip(".")
            forged = hmac.new(secret, head.encode(), hashlib.sha256).digest()
            text = f"{head}.{base64.urlsafe_b64encode(forged).rstrip(b'=').decode()}"
            assert show(text) in ("assertion_algorithm", "assertion_signature")


def test_widget_token_signed_with_a_key_of_another_kind_is_refused(show, acme):
    rsa = jwt.encode(acme.header() | {"alg": "RS256"}, acme.claims(), RSAKey.generate_key(2048), algorithms=["RS256"])
    edwards = jwt.encode(acme.header() | {"alg": "Ed25519"}, acme.claims(), OKPKey.generate_key("Ed25519"), algorithms=["Ed25519"])
    assert show(rsa) == show(edwards) == "assertion_algorithm"


def test_widget_token_signed_with_a_strangers_key_is_refused_under_any_name(show, acme):
    assert show(acme.with_key(acme.kid).sign()) == "assertion_signature"
    assert show(acme.with_key("another").sign()) == "assertion_key"


@pytest.mark.parametrize("brought", ["jwk", "jku", "x5u", "x5c"])
def test_widget_token_a_key_the_header_brings_along_is_never_looked_at(show, acme, brought):
    stranger = acme.with_key(acme.kid)
    values = {
        "jwk": stranger.key.as_dict(private=False), "jku": "https://evil.example/jwks.json",
        "x5u": "https://evil.example/cert.pem", "x5c": ["MIIB"],
    }  # fmt: skip
    assert show(stranger.sign(header={brought: values[brought]})) in ("assertion_signature", "assertion_unreadable")
    assert isinstance(show(acme.sign(header={brought: values[brought]})), Employee), "our key signed it, whatever else it says"


def test_widget_token_extensions_that_must_be_understood_are_not(show, acme):
    signature = base64.urlsafe_b64decode(acme.sign().rsplit(".", 1)[1] + "==")
    for extra in ({"crit": ["exp"]}, {"crit": ["b64"], "b64": False}, {"b64": False}):
        assert show(packed(acme.header() | extra, acme.claims(), signature)) in ("assertion_algorithm", "assertion_unreadable")


@pytest.mark.parametrize("kid", [None, "", 7, "../../etc/passwd", "' OR 1=1 --", "x" * 2000, "\x00", "\ud800", "钥匙"])
def test_widget_token_a_kid_that_is_no_live_key_is_refused(show, acme, kid):
    header = acme.header() | {"kid": kid} if kid is not None else {name: value for name, value in acme.header().items() if name != "kid"}
    assert show(packed(header, acme.claims(), b"\x00" * 64)) in ("assertion_key", "assertion_unreadable")


def test_widget_token_a_name_that_is_no_text_is_refused(show, acme):
    for claims in ({"iss": "\ud800"}, {"sub": "\ud800"}):
        assert show(packed(acme.header(), acme.claims() | claims, b"\x00" * 64)) in ("assertion_key", "assertion_signature")


def test_widget_token_a_tampered_part_breaks_the_signature(show, acme):
    header, body, signature = acme.sign().split(".")
    raised = packed({}, acme.claims() | {"sub": "E-1"}, b"").split(".")[1]
    assert show(f"{header}.{raised}.{signature}") == "assertion_signature"
    for broken in (b"", b"\x00" * 64, b"\xff" * 64, b"\x00" * 63, b"\x00" * 640):
        text = f"{header}.{body}.{base64.urlsafe_b64encode(broken).rstrip(b'=').decode()}"
        assert show(text) == "assertion_signature", len(broken)


@pytest.mark.parametrize(
    "text",
    ["", ".", "..", "...", "a.b.c", "a.b", "{}", "null", "x" * 5000, "é.é.é", "e30.e30.", "e30.bnVsbA.e30", "W10.W10.W10", "e30.W10.AA",
     "\x00.\x00.\x00", "\ud800"],
)  # fmt: skip
def test_widget_token_what_is_no_jwt_is_refused_without_a_trace(show, acme, text, database):
    assert show(text) in ("assertion_unreadable", "assertion_type")
    assert uses(database) == 0


def test_widget_token_a_deeply_nested_or_huge_body_is_refused(show, acme):
    deep = base64.urlsafe_b64encode(b"[" * 2500).rstrip(b"=").decode()
    head = acme.sign().partition(".")[0]
    assert show(f"{head}.{deep}.AA") == "assertion_unreadable"
    assert show(acme.sign(more="x" * 5000)) == "assertion_unreadable"


def test_widget_token_a_key_is_changed_without_a_pause_and_the_old_one_is_refused(show, acme, database):
    newer = acme.with_key("2027-01")
    with database.writing() as session:
        add_embed_key(session, acme.client_id, newer.key.as_pem(private=False).decode(), kid="2027-01", now=NOW)
    assert isinstance(show(acme.sign()), Employee)
    assert isinstance(show(newer.sign()), Employee)
    with database.writing() as session:
        retire_embed_key(session, acme.client_id, acme.kid, now=NOW)
    assert show(acme.sign()) == "assertion_key"
    assert isinstance(show(newer.sign()), Employee)
    with database.reading() as session:
        assert [each.kid for each in list_embed_keys(session, acme.client_id)] == ["2027-01"]
    with pytest.raises(NotFound), database.writing() as session:
        retire_embed_key(session, acme.client_id, acme.kid, now=NOW)
    with pytest.raises(Invalid), database.writing() as session:  # a retired key does not come back under its name
        add_embed_key(session, acme.client_id, acme.key.as_dict(private=False), kid=acme.kid, now=NOW)


def test_widget_token_a_private_key_is_not_taken(database, acme):
    key = ECKey.generate_key("P-256")
    for given in (key.as_dict(private=True), key.as_pem(private=True).decode()):
        with pytest.raises(Invalid, match="Something") as refused, database.writing() as session:
            add_embed_key(session, acme.client_id, given, now=NOW)
        assert "private" in refused.value.fields["key"]


def test_widget_token_a_key_of_another_kind_or_curve_is_not_taken(database, acme):
    rsa = RSAKey.generate_key(2048)
    certificate = rsa.as_pem(private=False).decode()
    others = [
        ECKey.generate_key("P-384").as_dict(private=False), ECKey.generate_key("secp256k1").as_dict(private=False),
        rsa.as_dict(private=False), certificate, OKPKey.generate_key("Ed25519").as_dict(private=False),
        {"kty": "oct", "k": "AAAA"}, {}, {"kty": "EC"}, {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}, "", "not a key",
        acme.key.as_dict(private=False) | {"y": acme.key.as_dict(private=False)["x"]},
    ]  # fmt: skip
    for given in others:
        with pytest.raises(Invalid), database.writing() as session:
            add_embed_key(session, acme.client_id, given, now=NOW)


def test_widget_token_only_the_public_part_is_kept(database, acme):
    keys = Base.metadata.tables["embed_key"]
    with database.reading() as session:
        (jwk,) = session.execute(sa.select(keys.c.jwk)).scalars()
    assert set(jwk) == {"kty", "crv", "x", "y"}
    pem = acme.key.as_pem(private=False)
    assert serialization.load_pem_public_key(pem).curve.name == "secp256r1"


def test_widget_token_five_live_keys_are_enough(database, acme):
    with database.writing() as session:
        for number in range(4):
            add_embed_key(session, acme.client_id, acme.with_key("").key.as_dict(private=False), kid=f"k{number}", now=NOW)
    with pytest.raises(Invalid), database.writing() as session:
        add_embed_key(session, acme.client_id, acme.with_key("").key.as_dict(private=False), kid="k5", now=NOW)


def test_widget_token_an_ended_client_signs_nothing_and_its_tokens_are_dead_at_once(show, acme, database):
    employee = show(acme.sign())
    with database.writing() as session:
        token = issue_embed_token(session, employee, now=NOW).token
    with database.writing() as session:
        end_embed_client(session, acme.client_id, now=NOW)
    assert show(acme.sign()) == "assertion_key"
    with database.reading() as session:
        assert find_embed_token(session, token, "acme", now=NOW) is None
    for again in (
        lambda session: end_embed_client(session, acme.client_id, now=NOW),
        lambda session: add_embed_key(session, acme.client_id, {}, now=NOW),
    ):
        with pytest.raises(NotFound), database.writing() as session:
            again(session)


@pytest.mark.parametrize("name", ["", "a", "Acme", "acme intranet", "acme_intranet", "-acme", "x" * 64, "acme\n"])
def test_widget_token_a_client_has_a_plain_name_of_its_own(database, acme, cast, name):
    for each in (name, acme.client_id):
        with pytest.raises(Invalid), database.writing() as session:
            create_embed_client(session, each, cast.acme.customer_id, store="acme", now=NOW)


def test_widget_token_is_opaque_good_for_five_minutes_in_one_store_and_stored_as_a_hash(show, acme, globex, database):
    employee = show(acme.sign())
    with database.writing() as session:
        issued = issue_embed_token(session, employee, now=NOW)
    assert len(issued.token) >= 43
    assert issued.token not in repr(issued)
    assert issued.expires_in_seconds == 300
    with database.reading() as session:
        rows = session.execute(sa.select(Base.metadata.tables["embed_token"])).all()
        assert issued.token not in repr(rows)
        for seconds, alive in ((0, True), (299, True), (300, False), (3600, False)):
            found = find_embed_token(session, issued.token, "acme", now=NOW + timedelta(seconds=seconds))
            assert found == (employee if alive else None), seconds
        for token, store in (
            (issued.token, "globex"),
            (issued.token, ""),
            ("", "acme"),
            (issued.token[:-1], "acme"),
            (rows[0].token_hash, "acme"),
        ):
            assert find_embed_token(session, token, store, now=NOW) is None


def test_widget_token_what_has_expired_is_swept_and_what_has_not_is_kept(show, acme, database):
    text = acme.sign()
    employee = show(text)
    with database.writing() as session:
        issue_embed_token(session, employee, now=NOW)
    with database.writing() as session:
        assert sweep_embedding(session, now=NOW + timedelta(minutes=61)) == 0
        assert sweep_embedding(session, now=NOW + timedelta(minutes=62)) == 1, "the assertion, an hour after its minute"
        assert sweep_embedding(session, now=NOW + timedelta(minutes=66)) == 1, "the token, an hour after its five"
        assert sweep_embedding(session, now=NOW + timedelta(days=1)) == 0
    assert show(text, now=NOW + timedelta(minutes=61)) == "assertion_expired", "gone from the list, and no longer good"
