"""The columns of a file as a mapping takes them: bound to their places, and what stands in them turned into values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from portal.base.errors import Refused
from portal.intake.fields import Convert, Fault, Setting, cleaned, converter
from portal.intake.mapping import BadMapping, Filling, Rule
from portal.intake.mapping import Mapping as Columns


class MissingColumns(Refused):
    """The file lacks columns that the mapping takes, or has one of them twice."""

    code = "missing_columns"


_UNSEEN = object()
_MOST_SEEN = 1000


class Column:
    """One column of a filling, or its constant. What few-valued columns hold is turned into a value once."""

    def __init__(self, filling: Filling, name: str, place: int | None, setting: Setting) -> None:
        self.name, self._place = name, place
        self._words, self._default, self._split = filling.values, filling.default, filling.split
        self._is_product = filling.field == "products"
        self._convert: Convert = self._codes if self._is_product else converter(filling.field, setting, filling.day_format)
        self._seen: dict[str, Any] | None = {} if filling.field not in _MANY_VALUED else None
        self._constant: Any = None
        for what, text in (("constant", filling.constant), ("default", filling.default)):
            try:
                value = self._converted(text) if text else None
            except Fault as fault:
                sentence = "%(field)s: the %(what)s cannot be used. %(why)s"
                raise BadMapping(sentence, field=filling.field, what=what, why=fault.sentence) from fault
            if what == "constant":
                self._constant = value

    @classmethod
    def of(cls, filling: Filling, places: Mapping[str, int], setting: Setting) -> list[Column]:
        """Give the columns of a filling, or its constant in a list of one."""
        return [cls(filling, name, places[name], setting) for name in filling.columns] or [cls(filling, "", None, setting)]

    def value(self, cells: Sequence[str]) -> Any:
        """Give what a row's cell says, None where it is blank. Raises Fault, saying where."""
        if self._place is None:
            return self._constant
        cell = cells[self._place]
        if not cell and self._default is None:
            return None
        if self._seen is not None and type(cell) is str:
            found = self._seen.get(cell, _UNSEEN)
            if found is not _UNSEEN:
                return found
        try:
            text = cleaned(cell) or self._default
            value = self._converted(text) if text else None
        except Fault as fault:
            raise fault.at(self.name, cell) from None
        if self._seen is not None and len(self._seen) < _MOST_SEEN and type(cell) is str:
            self._seen[cell] = value
        return value

    def _converted(self, text: str) -> Any:
        if not self._is_product:
            text = self._translated(text)
        return self._convert(text) if text else None

    def _translated(self, text: str) -> str:
        """Give our word for what stands in a column. A default may be written in theirs or in ours."""
        if self._words is None:
            return text
        found = self._words.get(text.casefold())
        if found is None:
            if text == self._default:
                return text
            raise Fault("The value is not known.", value=text)
        return found

    def _codes(self, text: str) -> tuple[str, ...]:
        """Give the offerings a cell names."""
        parts = text.split(self._split) if self._split else [text]
        return tuple(code for part in parts if part.strip() and (code := self._translated(part.strip())))


_MANY_VALUED = ("external_id", "name", "number", "birth_date", "since", "address.line")


class BoundRule:
    """A rule bound to the places of its columns."""

    def __init__(self, rule: Rule, places: Mapping[str, int]) -> None:
        self._when = [(places[column], texts) for column, texts in rule.when.items()]
        self.then, self.because, self.column = rule.then, rule.because, next(iter(rule.when))

    def fits(self, cells: Sequence[str]) -> bool:
        """Say whether each of its columns holds one of the rule's texts."""
        return all(cells[place].strip().casefold() in texts for place, texts in self._when)


def find_places(mapping: Columns, header: Sequence[str]) -> Mapping[str, int]:
    """Give the place of every column the mapping takes. Raises MissingColumns."""
    missing = [column for column in mapping.columns() if column not in header]
    if missing:
        hint = ""
        if len(header) == 1 and any(sign in header[0] for sign in ";\t|"):
            hint = " Its headings look like one: is the --delimiter another?"
        raise MissingColumns(
            "The file has no column %(missing)s, which the mapping takes. Its columns are: %(header)s.%(hint)s",
            missing=", ".join(missing),
            header=", ".join(heading[:60] for heading in header[:50]),
            hint=hint,
        )
    twice = [column for column in mapping.columns() if header.count(column) > 1]
    if twice:
        raise MissingColumns("The file has the column %(twice)s more than once: which is meant?", twice=", ".join(twice))
    return {column: header.index(column) for column in mapping.columns()}
