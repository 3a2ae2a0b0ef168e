"""Heads of the audit's chains kept elsewhere: they show a log that was cut back together with its own heads."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.audit import CHAINS, START, AuditEntry, Fault
from portal.base.errors import Refused

Head = tuple[int, int, str]


def write_head(head: Head) -> str:
    """Give a head as a line: chain, length, hash."""
    chain, length, seal = head
    return f"{chain} {length} {seal}"


def read_heads(text: str) -> Sequence[Head]:
    """Read lines that `write_head` wrote; raises Refused for a line that is none."""
    heads = []
    for line in text.splitlines():
        if not line.strip():
            continue
        try:
            chain, length, seal = line.split()
            head = int(chain), int(length), seal
        except ValueError:
            raise Refused("Not a head of a chain: %(line)s", line=line[:80]) from None
        if not 0 <= head[0] < CHAINS or head[1] < 0 or len(seal) != len(START):
            raise Refused("Not a head of a chain: %(line)s", line=line[:80])
        heads.append(head)
    return heads


def compare_heads(session: Session, kept: Sequence[Head]) -> list[Fault]:
    """Give a fault for each kept head that is no longer where it was: entries up to it were changed or cut off."""
    faults = []
    for chain, length, seal in kept:
        if length == 0:
            continue
        found = session.execute(sa.select(AuditEntry.hash).where(AuditEntry.chain == chain, AuditEntry.seq == length)).scalar()
        if found is None:
            faults.append(Fault(chain, length, "the kept head is missing: the log was cut back"))
        elif found != seal:
            faults.append(Fault(chain, length, "the kept head has another hash: the log was rewritten"))
    return faults
