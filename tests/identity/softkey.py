"""A passkey in software: makes and signs as an authenticator does (WebAuthn Level 3, section 6), and lies on demand."""

from __future__ import annotations

import hashlib
import json
import secrets
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import cbor2
import sqlalchemy as sa
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy.orm import Session
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from portal.base.db import Base
from portal.base.ids import new_id
from tests.cast import Person

PRESENT, VERIFIED, BACKUP_ELIGIBLE, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40


@dataclass
class SoftKey:
    """One passkey. `count` 0 for good: it does not count. `verified` False: nobody unlocked it."""

    origin: str
    synced: bool = False
    verified: bool = True
    count: int = 0
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    private: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    handle: str = ""

    @property
    def id(self) -> str:
        return bytes_to_base64url(self.credential_id)

    def create(self, options: Mapping[str, Any], **changes: Any) -> str:
        """Answer navigator.credentials.create(), as RegistrationResponseJSON."""
        self.handle = options["user"]["id"]
        point = self.private.public_key().public_numbers()
        cose = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})
        attested = bytes(16) + struct.pack(">H", len(self.credential_id)) + self.credential_id + cose
        data = self._data(options["rp"]["id"], ATTESTED) + attested
        response = {
            "clientDataJSON": self._said("webauthn.create", options, changes),
            "attestationObject": bytes_to_base64url(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
            "transports": ["internal"],
        }
        return self._answer(response)

    def get(self, options: Mapping[str, Any], **changes: Any) -> str:
        """Answer navigator.credentials.get(), as AuthenticationResponseJSON; `changes`: origin, type, challenge, handle, rp."""
        if self.count:
            self.count += 1
        data = self._data(changes.get("rp", options["rpId"]), 0)
        said = self._said("webauthn.get", options, changes)
        signature = self.private.sign(data + hashlib.sha256(base64url_to_bytes(said)).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": said,
            "authenticatorData": bytes_to_base64url(data),
            "signature": bytes_to_base64url(changes.get("signature", signature)),
            "userHandle": changes.get("handle", self.handle),
        }
        return self._answer(response)

    def _answer(self, response: Mapping[str, Any]) -> str:
        return json.dumps({"id": self.id, "rawId": self.id, "type": "public-key", "response": response, "clientExtensionResults": {}})

    def _data(self, rp_id: str, flags: int) -> bytes:
        flags |= PRESENT | (VERIFIED if self.verified else 0) | (BACKUP_ELIGIBLE | BACKED_UP if self.synced else 0)
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + struct.pack(">I", self.count)

    def _said(self, kind: str, options: Mapping[str, Any], changes: Mapping[str, Any]) -> str:
        said = {
            "type": changes.get("type", kind),
            "challenge": changes.get("challenge", options["challenge"]),
            "origin": changes.get("origin", self.origin),
            "crossOrigin": False,
        }
        return bytes_to_base64url(json.dumps(said).encode())


def put_passkey(session: Session, person: Person, *, now: datetime) -> int:
    """Write somebody a passkey that no device has; give its id."""
    row = {
        "id": new_id(now), "party_id": person.party_id, "customer_id": person.customer_id, "subscription_id": person.subscription_id,
        "credential_id": bytes_to_base64url(str(person.party_id).encode()), "user_handle": bytes_to_base64url(bytes(32)),
        "public_key": "", "sign_count": 0, "name": "Phone", "transports": [], "synced": False, "created_at": now, "used_at": None,
    }  # fmt: skip
    session.execute(sa.insert(Base.metadata.tables["passkey"]), row)
    return int(str(row["id"]))
