"""A campaign's document as a form: read from what was sent, changed by its buttons, shown with what is wrong beside each field.

The whole document travels with every answer, a field being named after its place (`d.effects.0.basis_points`): nothing is
kept between two clicks, and every button works without JavaScript.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from portal.base.errors import N_
from portal.faces.campaign_terms import KIND_WORDS
from portal.faces.office.campaign_parts import SECTIONS, Field, Option, Spec, Type, specs_at
from portal.faces.office.campaign_values import BELOW_TARGET, Unread, read_value, write_value
from portal.faces.parts import portal

PREFIX = "d."
MOST_PARTS, MOST_DEPTH = 50, 6
_NOT_HERE = N_("This is somewhere in the campaign.")
NEEDED = ("name.zh", "name.en", "one_of", "code")
_AIMS: Mapping[str, Type] = {"offerings": "words", "kinds": "picks", "categories": "words"}
_KINDS: tuple[Option, ...] = tuple(KIND_WORDS.items())
_TARGET_LABELS = {"offerings": N_("Offerings"), "kinds": N_("Kinds"), "categories": N_("Categories")}


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field to show: `name` in the form, what stands in it, and the sentence of what is wrong with it."""

    name: str
    type: str
    label: str
    hint: str
    value: Any
    error: str | None
    options: tuple[Option, ...] = ()
    suffix: str = ""
    needed: bool = False


@dataclass(frozen=True, slots=True)
class PartView:
    """One condition or effect to show. `kinds`: what may be added inside it, as (kind, label); `last`: nothing of its list follows."""

    place: str
    kind: str
    label: str
    hint: str
    fields: tuple[FieldView, ...]
    parts: tuple[PartView, ...]
    error: str | None
    list_place: str = ""
    kinds: tuple[Option, ...] = ()
    switch: tuple[Option, ...] = ()
    index: int = 0
    last: bool = True
    can_drop: bool = True


@dataclass(slots=True)
class CampaignForm:
    """A document between two answers. `errors`: sentences by place, as PROMO names places; "" for the whole."""

    document: dict[str, Any]
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def links(self) -> dict[str, str]:
        """Give the errors by the names of fields, for the summary on top; those of no field by the empty name."""
        known = {view.name: view.error for view in self.all_fields() if view.error}
        parts = {f"{PREFIX}{part.place}": part.error for part in self.all_parts() if part.error}
        found: dict[str, str] = {**known, **parts}
        loose = [text for place, text in self.errors.items() if text not in found.values()]
        return found | ({"": " ".join(dict.fromkeys(loose))} if loose else {})

    def unread(self) -> dict[str, str]:
        """Give the places whose text could not be read, each with its sentence."""
        return dict(_unread(self.document, ""))

    def section(self, name: str) -> list[FieldView]:
        """Give the fields of a section."""
        return [self._view(each, each.name, dig(self.document, each.name)) for each in SECTIONS[name].fields]

    def effects(self) -> tuple[PartView, ...]:
        """Give what it does, part by part."""
        return self._parts("effects", self.document.get("effects"))

    def root(self) -> PartView:
        """Give the tree of conditions; an empty one holds for everybody."""
        when = self.document.get("when") or {"kind": "all", "of": []}
        if when.get("kind") not in ("all", "any"):  # a lone condition stands in a group, so that others can be put beside it
            when = {"kind": "all", "of": [when]}
        return self._part("when", when, can_drop=False)

    def all_parts(self) -> Iterator[PartView]:
        """Give every part, wherever it stands."""
        waiting = [*self.effects(), self.root()]
        while waiting:
            part = waiting.pop()
            yield part
            waiting += part.parts

    def all_fields(self) -> Iterator[FieldView]:
        """Give every field, wherever it stands."""
        for name in SECTIONS:
            yield from self.section(name)
        for part in self.all_parts():
            yield from part.fields

    def _error(self, place: str, *, below: bool = True) -> str | None:
        exact = self.errors.get(place)
        inner = (text for at, text in self.errors.items() if below and at.startswith(place + "."))
        return exact or next(inner, None)

    def _view(self, spec: Field, place: str, value: Any) -> FieldView:
        shown = write_value(spec.type, value)
        needed = spec.start is not None or spec.name in NEEDED
        error = self._error(place)
        return FieldView(PREFIX + place, spec.type, spec.label, spec.hint, shown, error, spec.options, spec.suffix, needed)

    def _parts(self, place: str, found: Any) -> tuple[PartView, ...]:
        parts = [each for each in found if isinstance(each, dict)] if isinstance(found, list | tuple) else []
        views = [self._part(f"{place}.{index}", part, index=index, last=index == len(parts) - 1) for index, part in enumerate(parts)]
        return tuple(views)

    def _part(self, place: str, part: Mapping[str, Any], *, index: int = 0, last: bool = True, can_drop: bool = True) -> PartView:
        specs = specs_at(place.rpartition(".")[0] if place.startswith("effects") else place)
        kind = str(part.get("kind", "part"))
        spec = specs.get(kind) or Spec(kind)
        fields = tuple(view for each in spec.fields for view in self._fields_of(each, f"{place}.{each.name}", part.get(each.name)))
        inner, kinds, switch = self._inside(place, spec, part)
        shown = {each.name.removeprefix(PREFIX) for each in fields}
        own = self.errors.get(place) or next(
            (text for at, text in self.errors.items() if _is_own(at, place, shown, spec.holds)), None
        )  # fmt: skip
        if kind in ("all", "any"):
            switch = (("all", specs["all"].label), ("any", specs["any"].label))
        return PartView(
            place, kind, spec.label, spec.hint, fields, inner, own, f"{place}.{spec.holds}" if spec.holds else "", kinds, switch, index,
            last, can_drop,
        )  # fmt: skip

    def _inside(
        self, place: str, spec: Spec, part: Mapping[str, Any]
    ) -> tuple[tuple[PartView, ...], tuple[Option, ...], tuple[Option, ...]]:
        if not spec.holds:
            return (), (), ()
        below = f"{place}.{spec.holds}"
        if spec.one:
            inner = part.get(spec.holds)
            return ((self._part(below, inner, can_drop=False),) if isinstance(inner, dict) else (), (), ())
        kinds = tuple((kind, each.label) for kind, each in sorted(specs_at(below).items(), key=lambda pair: bool(pair[1].holds)))
        return self._parts(below, part.get(spec.holds)), kinds if place.count(".") < 2 * MOST_DEPTH else (), ()

    def _fields_of(self, spec: Field, place: str, value: Any) -> Iterator[FieldView]:
        if spec.type != "target":
            yield self._view(spec, place, value)
            return
        aim = value if isinstance(value, dict) else {}
        for name in BELOW_TARGET:
            one = Field(
                name, _AIMS[name], _TARGET_LABELS[name], spec.hint if name == "offerings" else "", _KINDS if name == "kinds" else ()
            )
            yield self._view(one, f"{place}.{name}", aim.get(name))


def _is_own(at: str, place: str, shown: set[str], holds: str) -> bool:
    """Say whether an error belongs to a part, and to none of its fields or the parts it holds."""
    if not at.startswith(place + "."):
        return False
    rest = at[len(place) + 1 :]
    if holds and rest.startswith(holds + "."):
        return False
    return not any(at == each or at.startswith(each + ".") for each in shown)


def read_form(sent: MultiDict[str, str], kept: Mapping[str, Any] | None = None) -> CampaignForm:
    """Read the document a form sent; `kept`: the one it began from, whose entries the form does not show stay."""
    document: dict[str, Any] = {"currency": (kept or {}).get("currency") or portal().settings.currency}
    for section in SECTIONS.values():
        for each in section.fields:
            value = read_value(each.type, sent.getlist(PREFIX + each.name))
            if value is not None:
                put(document, each.name, value)
    for name in ("name", "reward"):
        if name in document:
            document[name] = {"zh": "", "en": ""} | document[name]
    document["effects"] = _read_list(sent, "effects", 0)
    root = _read_part(sent, "when", 0) if PREFIX + "when.kind" in sent else None
    if root is not None and not (root.get("kind") in ("all", "any") and not root["of"]):
        document["when"] = root
    return CampaignForm(document)


def _read_list(sent: MultiDict[str, str], place: str, depth: int) -> list[dict[str, Any]]:
    found = []
    for index in range(MOST_PARTS):
        if f"{PREFIX}{place}.{index}.kind" not in sent:
            break
        found.append(_read_part(sent, f"{place}.{index}", depth))
    return found


def _read_part(sent: MultiDict[str, str], place: str, depth: int) -> dict[str, Any]:
    kind = sent[f"{PREFIX}{place}.kind"]
    spec = specs_at(place.rpartition(".")[0] if place.startswith("effects") else place).get(kind) or Spec(kind)
    part: dict[str, Any] = {} if kind == "part" else {"kind": kind}
    for each in spec.fields:
        if each.type == "target":
            names = {name: read_value(_AIMS[name], sent.getlist(f"{PREFIX}{place}.{each.name}.{name}")) for name in BELOW_TARGET}
            part[each.name] = {name: words for name, words in names.items() if words}
        elif (value := read_value(each.type, sent.getlist(f"{PREFIX}{place}.{each.name}"))) is not None:
            part[each.name] = value
    if not spec.holds or depth > MOST_DEPTH:
        return part
    below = f"{place}.{spec.holds}"
    if not spec.one:
        part[spec.holds] = _read_list(sent, below, depth + 1)
    elif f"{PREFIX}{below}.kind" in sent:
        part[spec.holds] = _read_part(sent, below, depth + 1)
    return part


def apply_button(form: CampaignForm, button: str, sent: MultiDict[str, str]) -> bool:
    """Do what a button of the tree asks (`add:PLACE`, `drop:PLACE`, `up:PLACE`, `down:PLACE`); False for another button."""
    what, _, place = button.partition(":")
    if what not in ("add", "drop", "up", "down"):
        return False
    if what == "add":
        _add(form.document, place, sent.get(f"kind:{place}", ""))
        return True
    where, _, number = place.rpartition(".")
    parts = dig(form.document, where)
    if isinstance(parts, list) and number.isdecimal() and int(number) < len(parts):
        _move(parts, what, int(number))
    return True


def _add(document: dict[str, Any], place: str, kind: str) -> None:
    spec = specs_at(place).get(kind)
    if place == "when.of" and not document.get("when"):
        document["when"] = {"kind": "all", "of": []}
    if place == "effects":
        document.setdefault("effects", [])
    parts = dig(document, place)
    if spec is not None and isinstance(parts, list) and len(parts) < MOST_PARTS:
        parts.append(new_part(kind, spec))


def new_part(kind: str, spec: Spec) -> dict[str, Any]:
    """Give a part as it begins."""
    part: dict[str, Any] = {} if kind == "part" else {"kind": kind}
    for name, value in spec.start.items():
        part[name] = [dict(each) for each in value] if isinstance(value, list) else value
    part |= {
        each.name: {} if each.type == "target" else each.start for each in spec.fields if each.type == "target" or each.start is not None
    }
    return part


def _move(parts: list[Any], what: str, number: int) -> None:
    if what == "drop":
        del parts[number]
        return
    other = number + (1 if what == "down" else -1)
    if 0 <= other < len(parts):
        parts[number], parts[other] = parts[other], parts[number]


def dig(document: Any, place: str) -> Any:
    """Give what stands at a place of a document, None where nothing does."""
    here = document
    for step in place.split("."):
        if isinstance(here, dict):
            here = here.get(step)
        elif isinstance(here, list) and step.isdecimal() and int(step) < len(here):
            here = here[int(step)]
        else:
            return None
    return here


def put(document: dict[str, Any], place: str, value: Any) -> None:
    """Put a value at a place, making the entries that lead there."""
    *way, last = place.split(".")
    for step in way:
        document = document.setdefault(step, {})
    document[last] = value


def _unread(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Unread):
        yield place, value.sentence
    inner: Sequence[tuple[object, Any]] = ()
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    for step, each in inner:
        yield from _unread(each, f"{place}.{step}" if place else str(step))
