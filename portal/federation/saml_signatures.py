"""What of a SAML response is signed: that, as it was signed, is all that is read (saml-core-2.0-os 5.4; signature wrapping).

The shape is fixed before any signature is looked at: one assertion in the whole document, right below the response; signatures
right below one of the two, each over its own parent and nothing else. What is moved, doubled or hidden elsewhere is refused.
"""

from __future__ import annotations

import binascii
from collections.abc import Sequence
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from portal.federation.refusals import Untrusted
from portal.federation.saml_metadata import read_certificate
from portal.federation.saml_xml import NAMES, PROTOCOL, SAML

RESPONSE, ASSERTION = f"{{{PROTOCOL}}}Response", f"{{{SAML}}}Assertion"
_METHODS = frozenset(
    {
        SignatureMethod.RSA_SHA256, SignatureMethod.RSA_SHA384, SignatureMethod.RSA_SHA512,
        SignatureMethod.ECDSA_SHA256, SignatureMethod.ECDSA_SHA384, SignatureMethod.ECDSA_SHA512,
        SignatureMethod.SHA256_RSA_MGF1, SignatureMethod.SHA384_RSA_MGF1, SignatureMethod.SHA512_RSA_MGF1,
    }
)  # fmt: skip
_DIGESTS = frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512})
_TRANSFORMS = frozenset(
    {
        "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
        CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0.value,
        CanonicalizationMethod.CANONICAL_XML_1_0.value,
        CanonicalizationMethod.CANONICAL_XML_1_1.value,
    }
)
_BROKEN = (SignXMLException, InvalidSignature, etree.LxmlError, binascii.Error, ValueError, TypeError, KeyError, NotImplementedError)


def signed_assertion(root: etree._Element, certificates: Sequence[str], *, now: datetime) -> tuple[etree._Element, bool]:
    """Give the one assertion as one of `certificates` signed it, and whether the whole response was signed, too.

    Raises Untrusted for any other shape, no signature, a wrong one, or an algorithm that is not taken (SHA-1, HMAC, DSA).
    """
    if root.tag != RESPONSE or root.findall(".//saml:EncryptedAssertion", NAMES):
        raise Untrusted("shape")
    assertions = [each for each in root.iter() if each.tag == ASSERTION]
    if len(assertions) != 1 or assertions[0].getparent() is not root:
        raise Untrusted("shape")
    signatures = list(root.iter(f"{{{NAMES['ds']}}}Signature"))
    parents = [each.getparent() for each in signatures]
    if not signatures:
        raise Untrusted("unsigned")
    if any(each is not root and each is not assertions[0] for each in parents) or len({id(each) for each in parents}) != len(parents):
        raise Untrusted("shape")
    for signature, parent in zip(signatures, parents, strict=True):
        assert parent is not None, "looked at above"
        _check_reference(signature, parent)
    whole = _verified(root, "./", root, certificates, now) if root in parents else None
    if assertions[0] in parents:
        return _verified(root, f"./{{{SAML}}}Assertion/", assertions[0], certificates, now), whole is not None
    assert whole is not None, "one of the two is signed"
    return _only_child(whole), True


def _check_reference(signature: etree._Element, parent: etree._Element) -> None:
    """Hold a signature to one reference, to its own parent, by the two transforms there are."""
    references = signature.findall("ds:SignedInfo/ds:Reference", NAMES)
    name = parent.get("ID")
    if not name or len(references) != 1 or references[0].get("URI") != f"#{name}" or signature.findall(".//ds:Object", NAMES):
        raise Untrusted("reference")
    transforms = [each.get("Algorithm") for each in references[0].findall("ds:Transforms/ds:Transform", NAMES)]
    if not 1 <= len(transforms) <= 2 or not _TRANSFORMS.issuperset(transforms):
        raise Untrusted("reference")


def _verified(root: etree._Element, place: str, signed: etree._Element, certificates: Sequence[str], now: datetime) -> etree._Element:
    """Give `signed` as it was signed; the certificates are the provider's own, never those a signature brings."""
    config = SignatureConfiguration(
        location=place, expect_references=1, signature_methods=_METHODS, digest_algorithms=_DIGESTS, verification_time=now
    )
    for each in certificates:
        try:
            result = XMLVerifier().verify(root, x509_cert=read_certificate(each), id_attribute="ID", expect_config=config)
        except _BROKEN:
            continue
        found = None if isinstance(result, list) else result.signed_xml
        if found is not None and found.tag == signed.tag and found.get("ID") == signed.get("ID"):
            return found
    raise Untrusted("signature")


def _only_child(whole: etree._Element) -> etree._Element:
    found = [each for each in whole.iter() if each.tag == ASSERTION]
    if len(found) != 1 or found[0].getparent() is not whole:
        raise Untrusted("shape")
    return found[0]
