"""Mappings: what can be said in one, and that whatever is wrong with one is said in a sentence."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.base.db import Database
from portal.faces.commands import explain
from portal.intake import BadMapping, find_mapping, read_mapping
from portal.intake.columns import MissingColumns
from portal.intake.mapping import SHIPPED
from portal.intake.rows import LeftOut, RowReader
from tests.cast import Cast
from tests.intake.files import HEADINGS, MAPPING, SMALL, WANG, changed, job_for, mapping_file, read_row

BOTH = 'external_id = "id"\nname = "name"\n'


def complaint(folder: Path, text: str | bytes) -> str:
    path = folder / "mapping.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(BadMapping) as caught:
        read_mapping(path)
    return explain(caught.value)


def test_a_mapping_says_columns_constants_tables_and_what_it_owns(tmp_path: Path) -> None:
    read = read_mapping(mapping_file(tmp_path))
    assert read.source == "crm"
    assert read.columns() == list(HEADINGS)
    assert read.offerings() == ["voice_standard", "voice_large", "internet_fibre"]
    owned = {"name", "number", "gender", "birth_date", "since", "tier", "term", "language", "address", "products"}
    assert read.owns == owned, "everything it fills, but the id"
    assert read_mapping(mapping_file(tmp_path, 'owns = ["tier"]\n' + MAPPING)).owns == {"tier"}


@pytest.mark.parametrize("shipped", sorted(each.stem for each in SHIPPED.glob("*.toml")))
def test_a_mapping_that_ships_is_found_by_its_name_and_sound(shipped: str) -> None:
    assert read_mapping(find_mapping(shipped)).source == shipped


def test_a_mapping_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(BadMapping, match="no mapping"):
        find_mapping(str(tmp_path / "none.toml"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[fields", "no TOML"),
        ('[fields]\nname = "name"\n', "no column for external_id"),
        ('[fields]\nexternal_id = { constant = "7" }\nname = "name"\n', "no column for external_id"),
        ('[fields]\nexternal_id = "id"\n', "neither name nor number"),
        ("[fields]\n" + BOTH + 'shoe_size = "s"\n', "no field shoe_size"),
        ("[fields]\n" + BOTH + 'tier = { columns = ["a", "b"] }\n', "only number is filled from several"),
        ("[fields]\n" + BOTH + "tier = 3\n", "tier: give a column"),
        ("[fields]\n" + BOTH + 'tier = { column = "a", constant = "gold" }\n', "one of the two"),
        ("[fields]\n" + BOTH + 'tier = { values = { a = "gold" } }\n', "one of the two"),
        ("[fields]\n" + BOTH + 'tier = { column = "a", values = { a = "platinum" } }\n', "platinum is none of standard"),
        ("[fields]\n" + BOTH + 'tier = { column = "a", values = { a = 1 } }\n', "values is a table"),
        ("[fields]\n" + BOTH + 'tier = { column = "a", colour = {} }\n', "colour means nothing here"),
        ("[fields]\n" + BOTH + 'tier = { column = "a", format = "%Y" }\n', "only days have a format"),
        ("[fields]\n" + BOTH + 'tier = { column = "a", split = ";" }\n', "only products are split"),
        ("[fields]\n" + BOTH + 'since = "a"\ntenure_months = "b"\n', "say the same"),
        ("[fields]\n" + BOTH + 'number = ["a", "b", "c", "d", "e", "f"]\n', "5 numbers at most"),
        ("[fields]\n" + BOTH + '[[products]]\ncolumn = "p"\n', "products but no number"),
        ("[fields]\n" + BOTH + '[address]\nplanet = "p"\n', "planet means nothing"),
        ("[fields]\n" + BOTH + "[rules]\na = 1\n", "[[rules]]"),
        ("[fields]\n" + BOTH + '[[rules]]\nwhen = { a = "" }\nthen = "explode"\nbecause = "b"\n', "then (reject, take or skip)"),
        ("[fields]\n" + BOTH + '[[rules]]\nwhen = { a = 1 }\nthen = "skip"\nbecause = "b"\n', "between quotes"),
        ("[fields]\n" + BOTH + '[[rules]]\nwhen = {}\nthen = "skip"\nbecause = "b"\n', "a rule has when"),
        ('owns = ["tier"]\n[fields]\n' + BOTH, "owns: tier"),
        ('owns = "name"\n[fields]\n' + BOTH, "give a list"),
        ("owner = 1\n[fields]\n" + BOTH, "owner means nothing"),
        ("source = 7\n[fields]\n" + BOTH, "source is a text"),
        ("fields = 7\n", "fields: give a table"),
        (b"\xff\xfe", "UTF-8"),
        ("a = " + "[" * 5000, "no TOML"),
    ],
)
def test_what_is_wrong_with_a_mapping_is_said_with_its_place(tmp_path: Path, text: str | bytes, said: str) -> None:
    assert said in complaint(tmp_path, text)


_names = st.sampled_from(["fields", "address", "products", "rules", "owns", "external_id", "name", "column", "values", "when", "then", "x"])
_leaves = st.one_of(st.text(max_size=8), st.integers(-3, 3), st.booleans(), st.lists(st.text(max_size=4), max_size=2))


def _toml(tree: object) -> str:
    if isinstance(tree, dict):
        return "{ " + ", ".join(f"{name} = {_toml(each)}" for name, each in tree.items()) + " }"
    if isinstance(tree, list):
        return "[" + ", ".join(map(_toml, tree)) + "]"
    if isinstance(tree, bool):
        return str(tree).lower()
    return str(tree) if isinstance(tree, int) else '"' + "".join(char for char in str(tree) if char.isalnum()) + '"'


@given(st.recursive(_leaves, lambda inner: st.dictionaries(_names, inner, max_size=4) | st.lists(inner, max_size=3), max_leaves=12))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_toml_is_a_mapping_or_a_sentence(tmp_path: Path, tree: object) -> None:
    body = tree if isinstance(tree, dict) else {"fields": tree}
    path = mapping_file(tmp_path, "".join(f"{name} = {_toml(each)}\n" for name, each in body.items()))
    said = None
    try:
        read_mapping(path)
    except BadMapping as error:
        said = explain(error)
    assert said is None or "%(" not in said


def test_a_heading_the_mapping_takes_must_be_there_once(database: Database, cast: Cast, now: datetime, tmp_path: Path) -> None:
    job = job_for(database, mapping_file(tmp_path, SMALL), now)
    with pytest.raises(MissingColumns) as missing:
        RowReader(job, ("id", "name"))
    assert explain(missing.value).startswith("The file has no column number, which the mapping takes. Its columns are: id, name.")
    with pytest.raises(MissingColumns, match="more than once"):
        RowReader(job, ("id", "name", "number", "number"))
    with pytest.raises(MissingColumns) as one:
        RowReader(job, ("id;name;number",))
    assert "--delimiter" in explain(one.value)
    assert RowReader(job, ("id", "name", "number", "note", "note"))


def test_an_offering_that_is_not_sold_is_said_before_a_row_is_read(database: Database, cast: Cast, now: datetime, tmp_path: Path) -> None:
    job = job_for(database, mapping_file(tmp_path, MAPPING.replace("voice_large", "voice_huge")), now)
    with pytest.raises(BadMapping) as caught:
        RowReader(job, HEADINGS)
    assert explain(caught.value).startswith("The catalogue has no offering voice_huge for a line")


@pytest.mark.parametrize("line", ['tier = { constant = "iron" }', 'birth_date = { column = "姓名", default = "2024-02-30" }'])
def test_a_constant_that_cannot_be_is_said_before_a_row_is_read(
    line: str, database: Database, cast: Cast, now: datetime, tmp_path: Path
) -> None:
    text = f'[fields]\nexternal_id = "编号"\nname = "姓名"\n{line}\n'
    with pytest.raises(BadMapping, match="cannot be used"):
        RowReader(job_for(database, mapping_file(tmp_path, text), now), HEADINGS)


def test_products_in_one_cell_are_split(database: Database, cast: Cast, now: datetime, tmp_path: Path) -> None:
    text = '[fields]\nexternal_id = "编号"\nnumber = "手机号"\n[[products]]\ncolumn = "套餐"\nsplit = ";"\n'
    told = read_row(database, changed(WANG, 套餐="voice_standard; streaming_tv;"), mapping_file(tmp_path, text), now)
    assert told.values["products"] == ["voice_standard", "streaming_tv"]


def test_the_first_rule_that_fits_decides(database: Database, cast: Cast, now: datetime, tmp_path: Path) -> None:
    rules = """
[[rules]]
when = { "等级" = "", "套餐" = ["畅聊", "无"] }
then = "take"
because = "new"
[[rules]]
when = { "等级" = "" }
then = "skip"
because = "left"
"""
    reader = RowReader(job_for(database, mapping_file(tmp_path, MAPPING + rules), now), HEADINGS)
    assert reader.read(changed(WANG, 等级="", 套餐="畅聊")).rule == "new"  # type: ignore[union-attr]
    assert reader.read(changed(WANG, 等级=" ", 套餐="大流量")) == LeftOut("left")
    assert reader.read(WANG).rule is None  # type: ignore[union-attr]
