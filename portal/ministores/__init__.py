"""Mini-stores: each enterprise's small store, its prices and the pages it may stand in."""

from portal.ministores.colours import ink_on
from portal.ministores.queries import Ministore, get_ministore, list_ministores
from portal.ministores.service import NewMinistore, create_ministore, set_open, set_origins

__all__ = [
    "Ministore",
    "NewMinistore",
    "create_ministore",
    "get_ministore",
    "ink_on",
    "list_ministores",
    "set_open",
    "set_origins",
]
