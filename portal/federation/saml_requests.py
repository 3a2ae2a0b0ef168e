"""Asking a SAML provider who somebody is: an AuthnRequest by HTTP-Redirect (saml-bindings-2.0-os 3.4).

It is not signed: it says nothing a stranger could not say, and its answer goes to an address the provider knows us by.
"""

from __future__ import annotations

import base64
import zlib
from datetime import UTC, datetime
from urllib.parse import urlencode

from lxml import etree

from portal.federation.saml_xml import POST, PROTOCOL, SAML


def address_with_request(sign_in: str, *, request_id: str, state: str, entity_id: str, answers_to: str, again: bool, now: datetime) -> str:
    """Give the address that takes a browser to the provider with our question; `again`: they are to be asked anew (ForceAuthn)."""
    asked = {
        "ID": request_id, "Version": "2.0", "IssueInstant": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", "Destination": sign_in,
        "AssertionConsumerServiceURL": answers_to, "ProtocolBinding": POST,
    } | ({"ForceAuthn": "true"} if again else {})  # fmt: skip
    root = etree.Element(f"{{{PROTOCOL}}}AuthnRequest", asked, nsmap={"samlp": PROTOCOL, "saml": SAML})
    etree.SubElement(root, f"{{{SAML}}}Issuer").text = entity_id
    etree.SubElement(root, f"{{{PROTOCOL}}}NameIDPolicy", {"AllowCreate": "true"})
    deflate = zlib.compressobj(wbits=-15)
    packed = deflate.compress(etree.tostring(root)) + deflate.flush()
    query = urlencode({"SAMLRequest": base64.b64encode(packed).decode(), "RelayState": state})
    return f"{sign_in}{'&' if '?' in sign_in else '?'}{query}"
