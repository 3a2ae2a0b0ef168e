"""HTML as a tree that tests can ask, read by html5lib: the same algorithm as a browser's. A page is read once."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from xml.etree.ElementTree import Element

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import html5lib


class Node:
    """One element. `below` are all elements inside, in the order of the page."""

    __slots__ = ("below", "children", "element", "name", "parent")

    def __init__(self, element: Element, parent: Node | None = None) -> None:
        self.element = element
        self.parent = parent
        self.name = element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else "#comment"
        self.children = [Node(child, self) for child in element if isinstance(child.tag, str)]
        self.below: list[Node] = []
        for child in self.children:
            self.below.append(child)
            self.below.extend(child.below)

    def get(self, name: str) -> str:
        """Give an attribute, or an empty text."""
        return self.element.get(name) or ""

    def has(self, name: str) -> bool:
        """Say whether the element has this attribute, empty or not."""
        return name in self.element.attrib

    @property
    def attributes(self) -> dict[str, str]:
        """Every attribute by name."""
        return dict(self.element.attrib)

    @property
    def text(self) -> str:
        """Every word inside, spaces made single."""
        return re.sub(r"\s+", " ", "".join(self.element.itertext())).strip()

    def all(self, *names: str) -> Iterator[Node]:
        """Give every element inside of these names (of any), in the order of the page, each knowing its parent."""
        return (node for node in self.below if not names or node.name in names)

    def above(self, *names: str) -> Node | None:
        """Give the nearest element of these names that this one stands in."""
        at = self.parent
        while at is not None and at.name not in names:
            at = at.parent
        return at


def parse(html: str, *, region: bool = False) -> tuple[Node, list[str]]:
    """Read a page, or a region (what htmx puts into a page). Give also each place where a browser had to guess."""
    parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"), namespaceHTMLElements=False)
    if region:
        root = parser.parseFragment(html, container="div")
    else:
        root = Element("document")
        root.append(parser.parse(html))
    lines = html.splitlines()
    found = []
    for (line, column), code, values in parser.errors:
        excerpt = lines[line - 1][max(column - 60, 0) : column + 20].strip() if 0 < line <= len(lines) else ""
        found.append(f"line {line}: {code} {dict(values) if values else ''} at …{excerpt}…")
    return Node(root), found
