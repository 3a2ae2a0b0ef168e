"""SAML metadata: reading a provider's, writing ours (saml-metadata-2.0-os)."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from lxml import etree

from portal.base.errors import N_, Invalid
from portal.federation.addresses import is_address
from portal.federation.saml_xml import METADATA, NAMES, POST, PROTOCOL, REDIRECT, BrokenXml, read_xml, text_of

MAX_CERTIFICATES = 6
MIN_RSA_BITS = 2048
MAX_ENTITY = 1024


def read_metadata(document: str | bytes, *, allow_http: bool) -> dict[str, Any]:
    """Give what is kept of an identity provider's metadata; raise Invalid (field `document`) for what cannot be used.

    One entity with an IDPSSODescriptor, its certificates to sign with, and an address for the HTTP-Redirect binding.
    """
    try:
        root = read_xml(document)
        if root.tag != f"{{{METADATA}}}EntityDescriptor":
            raise BrokenXml("no EntityDescriptor")  # noqa: TRY301 - one sentence for all that is no metadata
        entity = root.get("entityID", "")
        described = root.findall("md:IDPSSODescriptor", NAMES)
        certificates = _certificates(root) if described else []
    except BrokenXml as error:
        raise _no(N_("That is no SAML metadata of one identity provider, or it has a document type or comments.")) from error
    if len(described) != 1 or not 0 < len(entity) <= MAX_ENTITY or PROTOCOL not in described[0].get("protocolSupportEnumeration", ""):
        raise _no(N_("That is no SAML metadata of one identity provider, or it has a document type or comments."))
    if not certificates:
        raise _no(N_("There is no certificate to sign with: RSA of 2048 bits or more, or an elliptic curve."))
    if described[0].get("WantAuthnRequestsSigned", "false") in ("true", "1"):
        raise _no(N_("The provider wants requests signed; ours are not."))
    services = described[0].findall("md:SingleSignOnService", NAMES)
    address = next((each.get("Location") for each in services if each.get("Binding") == REDIRECT), None)
    if not is_address(address, allow_http=allow_http):
        raise _no(N_("There is no https address for sign-in by HTTP-Redirect."))
    return {"kind": "saml", "issuer": entity, "sign_in": address, "certificates": certificates}


def write_metadata(entity_id: str, takes_answers_at: str) -> bytes:
    """Write what a provider is to know of us: who we are, and where answers go. Requests are unsigned, assertions must be."""
    root = etree.Element(f"{{{METADATA}}}EntityDescriptor", {"entityID": entity_id}, nsmap={"md": METADATA})
    ours = etree.SubElement(
        root,
        f"{{{METADATA}}}SPSSODescriptor",
        {"AuthnRequestsSigned": "false", "WantAssertionsSigned": "true", "protocolSupportEnumeration": PROTOCOL},
    )
    address = {"Binding": POST, "Location": takes_answers_at, "index": "0", "isDefault": "true"}
    etree.SubElement(ours, f"{{{METADATA}}}AssertionConsumerService", address)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _certificates(root: etree._Element) -> list[str]:
    """Give the certificates to sign with, base64 of their DER; those of keys too weak, or of other kinds, are left out."""
    found = []
    for key in root.findall("md:IDPSSODescriptor/md:KeyDescriptor", NAMES):
        if key.get("use", "signing") != "signing":
            continue
        for held in key.findall("ds:KeyInfo/ds:X509Data/ds:X509Certificate", NAMES):
            written = "".join(text_of(held).split())
            if written not in found and _can_sign(written):
                found.append(written)
    return found[:MAX_CERTIFICATES]


def read_certificate(written: str) -> x509.Certificate:
    """Read a certificate as it is kept."""
    return x509.load_der_x509_certificate(base64.b64decode(written, validate=True))


def _can_sign(written: str) -> bool:
    try:
        key = read_certificate(written).public_key()
    except (ValueError, binascii.Error) as error:
        raise BrokenXml("a broken certificate") from error
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size >= MIN_RSA_BITS
    return isinstance(key, ec.EllipticCurvePublicKey)


def _no(sentence: str) -> Invalid:
    return Invalid({"document": sentence})
