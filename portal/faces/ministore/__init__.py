"""The mini-stores' face: a page that stands in an enterprise's intranet, and the component that puts it there."""

from portal.faces.ministore import frame, history, ordering, shop, tokens
from portal.faces.ministore.blueprint import bp
from portal.faces.ministore.widget import widgets

__all__ = ["bp", "frame", "history", "ordering", "shop", "tokens", "widgets"]
