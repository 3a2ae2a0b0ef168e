"""The draw: whose seed is committed to before anybody enters, and which anybody can do again afterwards.

A ticket stands for each customer. Its rank is that of HMAC-SHA-256(seed, ticket) among all tickets. SHA-256 of the seed is
published with the sale, the seed itself and every ticket with its place once it is drawn.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from portal.base.keys import Keys

SEED_BYTES = 32
TICKET_BYTES = 10


@dataclass(frozen=True, slots=True)
class Drawn:
    """A line of the published list: the place, whose ticket, and what the ticket was ranked by."""

    place: int
    ticket: str
    rank: str


def new_seed() -> str:
    """Make a seed: 256 bits, written in hexadecimal."""
    return secrets.token_hex(SEED_BYTES)


def hash_seed(seed: str) -> str:
    """Give what is published of a seed beforehand: SHA-256 of its bytes."""
    return hashlib.sha256(bytes.fromhex(seed)).hexdigest()


def ticket_of(keys: Keys, sale_id: int, customer_id: int) -> str:
    """Make the ticket of a customer in a sale: fixed by who it is, so that nobody, we included, can try for a better one."""
    return hmac.new(keys.lookups, f"flash:{sale_id}:{customer_id}".encode(), hashlib.sha256).hexdigest()[: 2 * TICKET_BYTES]


def rank_of(seed: str, ticket: str) -> str:
    """Give what a ticket is ranked by."""
    return hmac.new(bytes.fromhex(seed), ticket.encode(), hashlib.sha256).hexdigest()


def draw_tickets(seed: str, tickets: Iterable[str]) -> Sequence[Drawn]:
    """Put tickets in the order the seed gives them, from place 1 on. Pure: the same tickets give the same order, however sorted."""
    ranked = sorted((rank_of(seed, ticket), ticket) for ticket in tickets)
    return [Drawn(place, ticket, rank) for place, (rank, ticket) in enumerate(ranked, 1)]


def verify_places(seed_hash: str, seed: str, places: Sequence[tuple[int, str]]) -> Iterator[str]:
    """Say what is wrong with a published draw: (place, ticket) pairs against the seed that was committed to. Nothing: it holds."""
    if not hmac.compare_digest(hash_seed(seed), seed_hash):
        yield "the seed is not the one whose hash was published"
    for drawn, (place, ticket) in zip(draw_tickets(seed, (ticket for _, ticket in places)), sorted(places), strict=True):
        if (drawn.place, drawn.ticket) != (place, ticket):
            yield f"place {place} went to {ticket}, by the seed it is {drawn.ticket}'s"
