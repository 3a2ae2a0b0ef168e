"""Globex's own SAML provider: it signs with a real key and certificate what it says of people."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml import XMLSigner
from signxml.algorithms import CanonicalizationMethod, SignatureConstructionMethod

from portal.federation import NewProvider, check_provider

ENTITY = "https://saml.globex.example/metadata"
SIGN_IN = "https://saml.globex.example/sso"
OURS = "https://localhost/login/company/globex"
SAML, PROTOCOL = "urn:oasis:names:tc:SAML:2.0:assertion", "urn:oasis:names:tc:SAML:2.0:protocol"
NAMES = {"saml": SAML, "samlp": PROTOCOL, "ds": "http://www.w3.org/2000/09/xmldsig#"}
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"


@dataclass(frozen=True)
class Signer:
    """A key and its certificate, PEM."""

    key: bytes
    certificate: bytes


@cache
def make_signer(name: str = "globex", *, ends: datetime | None = None) -> Signer:
    """Make a key with a certificate of its own."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begins = datetime(2020, 1, 1, tzinfo=UTC)
    built = x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key()).serial_number(7)
    signed = built.not_valid_before(begins).not_valid_after(ends or datetime(2040, 1, 1, tzinfo=UTC)).sign(key, hashes.SHA256())
    plain = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Signer(plain, signed.public_bytes(serialization.Encoding.PEM))


def metadata(signer: Signer | None = None, *, sign_in: str = SIGN_IN, extra: str = "", wants_signed: str = "false") -> str:
    """Give what it publishes."""
    lines = (signer or make_signer()).certificate.decode().strip().splitlines()[1:-1]
    return f"""<?xml version="1.0"?>{extra}
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="{ENTITY}">
<md:IDPSSODescriptor protocolSupportEnumeration="{PROTOCOL}" WantAuthnRequestsSigned="{wants_signed}"><md:KeyDescriptor use="signing">
<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{"".join(lines)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="{sign_in}"/>
</md:IDPSSODescriptor></md:EntityDescriptor>"""


def new_provider(customer_id: int, **changes: Any) -> NewProvider:
    """Give Globex's provider as it is let in."""
    values: dict[str, Any] = {
        "slug": "globex", "customer_id": customer_id, "kind": "saml", "name": "Globex", "issuer": ENTITY,
        "document": check_provider(metadata()), "admits": "anyone",
    } | changes  # fmt: skip
    return NewProvider(**values)


@dataclass(frozen=True)
class Answer:
    """One answer of the provider's, as it would be if nothing were wrong with it."""

    now: datetime
    in_response_to: str
    subject: str = "grace@globex.example"
    issuer: str = ENTITY
    audience: str = f"{OURS}/metadata"
    recipient: str = f"{OURS}/acs"
    destination: str | None = f"{OURS}/acs"
    status: str = SUCCESS
    method: str = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
    name_format: str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
    minutes: int = 5
    age: timedelta = timedelta()
    assertion_id: str = "_a-1"
    confirmed_for: str | None = None
    attributes: dict[str, str] = field(default_factory=lambda: {"displayName": "Grace Hu"})

    def tree(self) -> etree._Element:
        """Give the response, unsigned."""
        at, until = (
            f"{each.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
            for each in (self.now - self.age, self.now - self.age + timedelta(minutes=self.minutes))
        )
        to = f' Destination="{self.destination}"' if self.destination else ""
        said = "".join(
            f'<saml:Attribute Name="{name}"><saml:AttributeValue>{value}</saml:AttributeValue></saml:Attribute>'
            for name, value in self.attributes.items()
        )
        return etree.fromstring(f"""<samlp:Response xmlns:samlp="{PROTOCOL}" xmlns:saml="{SAML}" ID="_r-{self.assertion_id}" Version="2.0"
 IssueInstant="{at}"{to} InResponseTo="{self.in_response_to}"><saml:Issuer>{self.issuer}</saml:Issuer><samlp:Status><samlp:StatusCode
 Value="{self.status}"/></samlp:Status><saml:Assertion ID="{self.assertion_id}" Version="2.0"
 IssueInstant="{at}"><saml:Issuer>{self.issuer}</saml:Issuer>
<saml:Subject><saml:NameID Format="{self.name_format}">{self.subject}</saml:NameID><saml:SubjectConfirmation Method="{self.method}">
<saml:SubjectConfirmationData Recipient="{self.recipient}"
 InResponseTo="{self.confirmed_for or self.in_response_to}" NotOnOrAfter="{until}"/>
</saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="{at}" NotOnOrAfter="{until}"><saml:AudienceRestriction>
<saml:Audience>{self.audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="{at}">
<saml:AuthnContext/></saml:AuthnStatement><saml:AttributeStatement>{said}</saml:AttributeStatement></saml:Assertion></samlp:Response>""")

    def but(self, **changes: Any) -> Answer:
        """Give it with something else about it."""
        return replace(self, **changes)


class _Signer(XMLSigner):
    """Signs by what is out of use, too: somebody has to, so that it is seen to be refused."""

    def check_deprecated_methods(self) -> None:
        """Take anything."""


def sign_by_hmac(tree: etree._Element, secret: bytes) -> etree._Element:
    """Sign the assertion with a shared secret."""
    target = assertion_of(tree)
    made = _Signer(
        method=SignatureConstructionMethod.enveloped, signature_algorithm="hmac-sha256",
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )  # fmt: skip
    tree.replace(target, made.sign(target, key=secret, reference_uri=f"#{target.get('ID')}", id_attribute="ID"))
    return tree


def sign(
    tree: etree._Element, *, what: str = "assertion", signer: Signer | None = None, signature: str = "rsa-sha256", digest: str = "sha256"
) -> etree._Element:
    """Sign the assertion, or the whole `response`, in place."""
    by = signer or make_signer()
    made = _Signer(
        method=SignatureConstructionMethod.enveloped, signature_algorithm=signature, digest_algorithm=digest,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )  # fmt: skip
    target = assertion_of(tree) if what == "assertion" else tree
    signed = made.sign(target, key=by.key, cert=by.certificate, reference_uri=f"#{target.get('ID')}", id_attribute="ID")
    if what == "response":
        return signed
    tree.replace(target, signed)
    return tree


def assertion_of(tree: etree._Element) -> etree._Element:
    """Give the one assertion."""
    return tree.find("saml:Assertion", NAMES)


def post(tree: etree._Element | bytes, change: Callable[[bytes], bytes] = bytes) -> str:
    """Give it as a form posts it; `change` is done to its bytes on the way."""
    return base64.b64encode(change(tree if isinstance(tree, bytes) else etree.tostring(tree))).decode()


def read_request(address: str) -> tuple[etree._Element, str]:
    """Read the question a browser was sent with; give it and the RelayState."""
    assert address.partition("?")[0] == SIGN_IN
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query, strict_parsing=True).items()}
    return etree.fromstring(zlib.decompress(base64.b64decode(query["SAMLRequest"]), wbits=-15)), query["RelayState"]
