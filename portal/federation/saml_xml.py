"""XML as strangers send it: read without a document type, entities, comments or anything fetched, or not read at all."""

from __future__ import annotations

import re

from lxml import etree

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
METADATA = "urn:oasis:names:tc:SAML:2.0:metadata"
SIGNATURE = "http://www.w3.org/2000/09/xmldsig#"
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
NAMES = {"saml": SAML, "samlp": PROTOCOL, "md": METADATA, "ds": SIGNATURE}
MAX_BYTES = 512 * 1024
_DECLARATION = re.compile(r"\A\ufeff?\s*<\?xml\s[^>]*\?>")
_OTHER_ENCODING = re.compile(r"""encoding\s*=\s*["'](?!utf-?8["'])""", re.IGNORECASE)


class BrokenXml(Exception):
    """What was sent is no XML we read; the text says why, and holds nothing of it."""


def read_xml(data: str | bytes) -> etree._Element:
    """Read a document; raise BrokenXml for one that is not UTF-8, is too large, has a document type, an entity, a comment or an
    instruction anywhere, or says one ID twice.

    Comments are refused since they split what a reader takes for one text ("ad<!---->min", CVE-2017-11427 and its kind).
    """
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
    except UnicodeDecodeError as error:
        raise BrokenXml("not UTF-8") from error
    declared = _DECLARATION.match(text)
    if len(text) > MAX_BYTES or "<!DOCTYPE" in text or "<!ENTITY" in text or (declared and _OTHER_ENCODING.search(declared[0])):
        raise BrokenXml("too large, of another encoding, or with a document type")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, remove_blank_text=False
    )
    try:
        root = etree.fromstring(text[declared.end() if declared else 0 :].encode(), parser=parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BrokenXml("not well-formed") from error
    around = root.getroottree()
    if around.docinfo.internalDTD is not None or around.docinfo.externalDTD is not None:
        raise BrokenXml("a document type")
    if around.xpath("//comment() | //processing-instruction()") or any(True for _ in root.iter(etree.Entity)):
        raise BrokenXml("comments, instructions or entities")
    ids = [value for each in root.iter() for name, value in each.items() if etree.QName(name).localname in ("ID", "Id", "id")]
    if len(ids) != len(set(ids)):
        raise BrokenXml("an ID said twice")
    return root


def text_of(element: etree._Element) -> str:
    """Give all the text of an element that holds nothing else; raise BrokenXml where it holds elements."""
    if len(element):
        raise BrokenXml("elements within a text")
    return (element.text or "").strip()


def the_one(element: etree._Element, path: str) -> etree._Element:
    """Give the one element at `path`; raise BrokenXml where there is none, or more."""
    found = element.findall(path, NAMES)
    if len(found) != 1:
        raise BrokenXml(f"not one {path.rpartition(':')[2]}")
    return found[0]
