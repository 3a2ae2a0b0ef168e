"""The back office's face: the order desk's worklist, and the orders on it moved on."""

from portal.faces.office import actions, desk, picklist, worklist
from portal.faces.office.blueprint import bp

__all__ = ["actions", "bp", "desk", "picklist", "worklist"]
