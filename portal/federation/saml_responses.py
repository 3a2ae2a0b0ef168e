"""Checking what a SAML provider says of somebody (saml-profiles-2.0-os 4.1.4.2 and 4.1.4.3).

What counts is read from the signed assertion alone. What stands around it, unsigned, can only refuse, never let in.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from datetime import UTC, datetime, timedelta

from lxml import etree
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.federation.id_tokens import LEEWAY, proved_when
from portal.federation.journeys import Journey, Ourselves
from portal.federation.models import SamlAssertionUse
from portal.federation.providers import ProviderView
from portal.federation.refusals import Untrusted, UpstreamRefused
from portal.federation.said import Said, plain, read_words
from portal.federation.saml_signatures import signed_assertion
from portal.federation.saml_xml import MAX_BYTES, NAMES, BrokenXml, read_xml, text_of, the_one

SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
MAIL = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"

_use = SamlAssertionUse.metadata.tables["saml_assertion_use"]
_TAKE = {
    engine: insert(_use).on_conflict_do_nothing(index_elements=["provider_id", "assertion_hash"]).returning(_use.c.provider_id)
    for engine, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}


def check_response(
    session: Session, provider: ProviderView, ourselves: Ourselves, journey: Journey, posted: str, *, now: datetime
) -> Said | UpstreamRefused:
    """Give whom a posted response names, if it answers our question, is signed, for us, in time and was not shown before.

    `posted`: SAMLResponse as the form brought it. Commit what is returned: an assertion is used up by being good.
    """
    try:
        root = read_xml(_decoded(posted))
        _check_around(root, provider, ourselves, journey)
        assertion, whole = signed_assertion(root, provider.document["certificates"], now=now)
        if whole and root.get("Destination") is None:
            raise Untrusted("destination")  # noqa: TRY301 - every refusal leaves by one door
        good_until = _check_assertion(assertion, provider, ourselves, journey, now)
        said = _said(assertion, provider, journey, now)
    except BrokenXml:
        return UpstreamRefused("xml")
    except Untrusted as refused:
        return UpstreamRefused(refused.code)
    name = hashlib.sha256(assertion.get("ID", "").encode()).hexdigest()
    connection = session.connection()
    row = {"provider_id": provider.id, "assertion_hash": name, "expires_at": good_until + LEEWAY}
    if connection.execute(_TAKE[connection.dialect.name], row).first() is None:
        return UpstreamRefused("replayed")
    return said


def _decoded(posted: str) -> bytes:
    if len(posted) > MAX_BYTES:
        raise BrokenXml("too large")
    try:
        return base64.b64decode("".join(posted.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BrokenXml("no base64") from error


def _check_around(root: etree._Element, provider: ProviderView, ourselves: Ourselves, journey: Journey) -> None:
    """Refuse by what stands around the assertion; all that lets somebody in is looked for within."""
    status = root.find("samlp:Status/samlp:StatusCode", NAMES)
    if root.get("InResponseTo") != journey.request_id:
        raise Untrusted("in_response_to")
    if status is None or status.get("Value") != SUCCESS:
        raise Untrusted("declined")
    if root.get("Version") != "2.0" or root.get("Destination", ourselves.answers_to) != ourselves.answers_to:
        raise Untrusted("destination")
    issuer = root.find("saml:Issuer", NAMES)
    if issuer is not None and text_of(issuer) != provider.issuer:
        raise Untrusted("issuer")


def _check_assertion(assertion: etree._Element, provider: ProviderView, ourselves: Ourselves, journey: Journey, now: datetime) -> datetime:
    """Hold the signed assertion to us, to our question and to its times; give until when it is good."""
    if assertion.get("Version") != "2.0" or not assertion.get("ID") or text_of(the_one(assertion, "saml:Issuer")) != provider.issuer:
        raise Untrusted("issuer")
    issued = _moment(assertion, "IssueInstant")
    if issued is None or issued - LEEWAY > now or issued + LEEWAY < journey.started_at:
        raise Untrusted("times")
    conditions = the_one(assertion, "saml:Conditions")
    begins, ends = _moment(conditions, "NotBefore"), _moment(conditions, "NotOnOrAfter")
    if (begins is not None and begins - LEEWAY > now) or (ends is not None and ends + LEEWAY <= now):
        raise Untrusted("times")
    audiences = conditions.findall("saml:AudienceRestriction", NAMES)
    if not audiences or any(ourselves.entity_id not in _texts(each, "saml:Audience") for each in audiences):
        raise Untrusted("audience")
    confirmed = [
        until
        for each in the_one(assertion, "saml:Subject").findall("saml:SubjectConfirmation", NAMES)
        if (until := _confirmed_until(each, ourselves, journey, now)) is not None
    ]
    if not confirmed:
        raise Untrusted("confirmation")
    return max(confirmed)


def _confirmed_until(confirmation: etree._Element, ourselves: Ourselves, journey: Journey, now: datetime) -> datetime | None:
    """Give until when a confirmation holds: for the bearer, here, in answer to our question, with an end and no beginning."""
    data = confirmation.findall("saml:SubjectConfirmationData", NAMES)
    if confirmation.get("Method") != BEARER or len(data) != 1 or data[0].get("NotBefore") is not None:
        return None
    until = _moment(data[0], "NotOnOrAfter")
    if data[0].get("Recipient") != ourselves.answers_to or data[0].get("InResponseTo") != journey.request_id:
        return None
    return until if until is not None and until + LEEWAY > now and until < now + timedelta(days=1) else None


def _said(assertion: etree._Element, provider: ProviderView, journey: Journey, now: datetime) -> Said:
    name_id = the_one(the_one(assertion, "saml:Subject"), "saml:NameID")
    subject, form = plain(text_of(name_id)), name_id.get("Format", "")
    if subject is None or form == TRANSIENT:  # of whom we could not say tomorrow that it is the same
        raise Untrusted("subject")
    statements = assertion.findall("saml:AuthnStatement", NAMES)
    if not statements:
        raise Untrusted("statement")
    over = [_moment(each, "SessionNotOnOrAfter") for each in statements]
    if any(each is not None and each + LEEWAY <= now for each in over):
        raise Untrusted("times")
    there = max((at for each in statements if (at := _moment(each, "AuthnInstant")) is not None), default=None)
    words = read_words("saml", provider.claims, _attributes(assertion))
    words["user_name"] = words["user_name"] or subject
    if form == MAIL:
        words["email"] = words["email"] or subject
    return Said(subject, authenticated_at=proved_when(journey, there, now), **words)


def _attributes(assertion: etree._Element) -> dict[str, str]:
    """Give the first value of each attribute; one said twice counts for nothing."""
    found: dict[str, list[str]] = {}
    for each in assertion.findall("saml:AttributeStatement/saml:Attribute", NAMES):
        values = each.findall("saml:AttributeValue", NAMES)
        if values and not len(values[0]):
            found.setdefault(each.get("Name", ""), []).append(text_of(values[0]))
    return {name: values[0] for name, values in found.items() if len(values) == 1}


def _texts(element: etree._Element, path: str) -> list[str]:
    return [text_of(each) for each in element.findall(path, NAMES)]


def _moment(element: etree._Element, name: str) -> datetime | None:
    """Read a moment, which SAML writes in UTC (saml-core-2.0-os 1.3.3); Untrusted for anything else."""
    written = element.get(name)
    if written is None:
        return None
    try:
        moment = datetime.fromisoformat(written)
    except ValueError as error:
        raise Untrusted("times") from error
    if moment.tzinfo is None:
        raise Untrusted("times")
    return moment.astimezone(UTC)
