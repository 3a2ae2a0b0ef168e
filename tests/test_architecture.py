"""The house rules of design.md, each a claim about the source. Beside them stand import-linter's contracts."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import sqlalchemy as sa

import portal
from portal.base.db import Base

ROOT = Path(portal.__file__).resolve().parents[1]
OURS = ("portal", "tests", "bench", "bin")
GROUND = {"base", "faces", "adapters", "migrations", "demo"}
LOWER = sorted(
    each.name
    for each in (ROOT / "portal").iterdir()
    if each.is_dir() and any(each.glob("*.py")) and each.name not in GROUND and not each.name.startswith("_")
)
WEB = set("flask werkzeug jinja2 markupsafe flask_babel flask_htmx flask_login flask_wtf wtforms flask_limiter whitenoise".split())
MAX_FILE, MAX_FUNCTION, MAX_TEMPLATE = 400, 70, 120


def sources(*folders: str) -> list[Path]:
    """Every Python file of ours in these folders, scripts without an ending included."""
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*")) if path.is_file()]
    return [path for path in found if path.suffix == ".py" or path.read_bytes().startswith(b"#!/usr/bin/env python")]


@cache
def tree_of(path: Path) -> ast.Module:
    """Read a source file once."""
    return ast.parse(path.read_text("utf-8"), str(path))


def name_of(path: Path) -> str:
    """Give a module's dotted name."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """Give each import: its line, the module and the names taken from it."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name, ()
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, node.module or "", tuple(alias.name for alias in node.names)


def calls_of(path: Path) -> Iterator[tuple[int, str]]:
    """Give each call: its line and the last part of the name that is called."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call):
            function = node.func
            if isinstance(function, ast.Attribute):
                yield node.lineno, function.attr
            elif isinstance(function, ast.Name):
                yield node.lineno, function.id


def functions_of(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Give each function, methods included."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def at(path: Path, line: int, what: str) -> str:
    """Say where something is wrong."""
    return f"{path.relative_to(ROOT)}:{line} {what}"


def test_there_are_capabilities_to_judge():
    assert {"customers", "identity", "billing", "interactions", "messaging", "catalog", "customerview"} <= set(LOWER)
    assert len(sources("portal")) > 50


def test_a_neighbour_is_entered_at_its_front_door_or_its_events_alone():
    wrong = []
    for path in sources("portal"):
        here = name_of(path)
        for line, module, _names in imports_of(path):
            parts = module.split(".")
            if parts[0] != "portal" or len(parts) < 3 or parts[1] not in LOWER or here.startswith(f"portal.{parts[1]}"):
                continue
            if parts[2:] == ["events"] or here.startswith("portal.migrations"):
                continue
            if parts[2:] == ["handlers"] and here in ("portal.app", "portal.faces.worker.run"):
                continue  # whoever puts the application together registers the reactions
            wrong.append(at(path, line, f"imports {module}"))
    assert not wrong, "\n".join(wrong)


def test_a_front_door_gives_no_module_and_names_all_it_gives():
    wrong = []
    for capability in LOWER:
        path = ROOT / "portal" / capability / "__init__.py"
        tree = tree_of(path)
        lists = [node for node in tree.body if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__"]
        named = ast.literal_eval(lists[0].value) if lists else None
        taken = {name for _, _, names in imports_of(path) for name in names} - {"annotations"}
        if named is None or set(named) != taken:
            wrong.append(f"{capability}: __all__ and the imports differ by {sorted(set(named or ()) ^ taken)}")
        modules = {each.stem for each in path.parent.glob("*.py")} & set(named or ()) - {"carry"}
        wrong += [f"{capability} gives its module {module}" for module in sorted(modules)]
        document = ast.get_docstring(tree) or ""
        if not document or "\n" in document.strip():
            wrong.append(f"{capability}: its front door says what it is in one sentence")
    assert not wrong, "\n".join(wrong)


def test_what_is_taken_from_a_neighbour_is_what_its_front_door_names():
    wrong = []
    doors = {name: set(importlib.import_module(f"portal.{name}").__all__) for name in LOWER}
    for path in sources("portal"):
        for line, module, names in imports_of(path):
            parts = module.split(".")
            if len(parts) == 2 and parts[0] == "portal" and parts[1] in doors:
                wrong += [at(path, line, f"takes {name} from {module}") for name in names if name not in doors[parts[1]]]
    assert not wrong, "\n".join(wrong)


def test_every_capability_with_tables_keeps_them_by_contract():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    kept = {module for contract in contracts if contract["type"] == "protected" for module in contract["protected_modules"]}
    have = {f"portal.{name}.models" for name in LOWER if (ROOT / "portal" / name / "models.py").exists()}
    assert have <= kept, f"without a contract: {sorted(have - kept)}"


def test_import_linter_keeps_every_contract():
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_nobody_but_the_database_commits_or_rolls_back():
    allowed = ("portal.base.db", "portal.base.bulk", "portal.demo.", "portal.migrations")  # loaders hold the database alone
    wrong = [
        at(path, line, call)
        for path in sources("portal")
        if not name_of(path).startswith(allowed)
        for line, call in calls_of(path)
        if call in ("commit", "rollback")
    ]
    assert not wrong, "\n".join(wrong)


def test_only_faces_open_transactions():
    allowed = ("portal.base.db", "portal.faces.", "portal.migrations", "portal.demo", "portal.adapters.sms.tray")  # the tray is a phone
    wrong = [
        at(path, line, call)
        for path in sources("portal")
        if not name_of(path).startswith(allowed)
        for line, call in calls_of(path)
        if call in ("writing", "reading")
    ]
    assert not wrong, "\n".join(wrong)


def test_no_web_library_is_known_below_the_faces():
    wrong = [
        at(path, line, module)
        for path in sources("portal")
        if not name_of(path).startswith(("portal.faces", "portal.app"))
        for line, module, _ in imports_of(path)
        if module.split(".")[0] in WEB
    ]
    assert not wrong, "\n".join(wrong)


def test_nobody_below_the_faces_logs_in_words_or_prints():
    silent = [path for path in sources("portal") if "cli" not in path.parts]
    wrong = [at(path, line, "print") for path in silent for line, call in calls_of(path) if call == "print"]
    assert not wrong, "\n".join(wrong)


def test_time_comes_from_one_place():
    wrong = []
    for path in sources("portal"):
        if name_of(path) in ("portal.base.clock", "portal.base.metrics", "portal.base.logs", "portal.adapters.sms.smpp"):
            continue
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
                called = f"{node.func.value.id}.{node.func.attr}"
                if called in ("datetime.now", "datetime.utcnow", "date.today", "datetime.today", "time.time"):
                    wrong.append(at(path, node.lineno, called))
    assert not wrong, "\n".join(wrong)


def test_only_one_module_reads_the_headers_of_htmx():
    wrong = []
    for path in sources("portal"):
        if name_of(path) == "portal.faces.htmx":
            continue
        for node in ast.walk(tree_of(path)):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and text.upper().startswith("HX-"):
                wrong.append(at(path, node.lineno, text))
    assert not wrong, "\n".join(wrong)


def test_no_module_is_in_an_import_cycle():
    known = {name_of(path): path for path in sources("portal")}
    edges: dict[str, set[str]] = {}
    for name, path in known.items():
        wanted: set[str] = set()
        for node in tree_of(path).body:  # what is imported inside a function, or for types alone, is no knot
            if isinstance(node, ast.ImportFrom) and node.module in known:
                inner = {f"{node.module}.{alias.name}" for alias in node.names} & set(known)
                wanted |= inner or {node.module}
            elif isinstance(node, ast.Import):
                wanted |= {alias.name for alias in node.names} & set(known)
        edges[name] = wanted - {name}
    left = dict(edges)
    while free := [name for name, wanted in left.items() if not wanted & set(left)]:
        for name in free:
            del left[name]
    assert not left, f"in a knot, or above one: {sorted(left)}"


def test_no_file_is_longer_than_four_hundred_lines():
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in sources(*OURS) if "versions" not in path.parts}
    wrong = [f"{path.relative_to(ROOT)}: {count}" for path, count in lengths.items() if count > MAX_FILE]
    assert not wrong, "\n".join(wrong)


def test_no_function_is_longer_than_seventy_lines():
    wrong = [
        at(path, function.lineno, f"{function.name} has {length} lines")
        for path in sources(*OURS)
        if "versions" not in path.parts  # a migration is a list
        for function in functions_of(path)
        if (length := (function.end_lineno or 0) - function.lineno + 1) > MAX_FUNCTION
    ]
    assert not wrong, "\n".join(wrong)


def test_no_template_is_longer_than_a_hundred_and_twenty_lines():
    wrong = [
        f"{path.relative_to(ROOT)}: {count}"
        for path in sorted((ROOT / "templates").rglob("*"))
        if path.is_file() and (count := len(path.read_text().splitlines())) > MAX_TEMPLATE
    ]
    assert not wrong, "\n".join(wrong)


def test_no_template_trusts_a_text_or_carries_style_or_script_of_its_own():
    wrong = []
    forbidden = re.compile(r"\|\s*safe\b|autoescape\s+false|\bstyle=|<style|\son[a-z]+=|<script(?![^>]*\bsrc=)|javascript:")
    for path in sorted((ROOT / "templates").rglob("*.html")):
        for line, text in enumerate(path.read_text().splitlines(), 1):
            if found := forbidden.search(text):
                wrong.append(at(path, line, found.group().strip()))
    assert not wrong, "\n".join(wrong)


def test_markup_is_made_of_constants_alone():
    wrong = []
    for path in sources("portal"):
        for node in ast.walk(tree_of(path)):
            made = isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "Markup"
            if made and not (node.args and isinstance(node.args[0], ast.Constant)):
                wrong.append(at(path, node.lineno, "Markup of something computed"))
    assert not wrong, "\n".join(wrong)


def test_no_module_is_called_for_what_it_is_not():
    vague = {"utils", "util", "helpers", "helper", "common", "misc", "tools", "stuff", "lib", "core", "manager", "managers"}
    wrong = [str(path.relative_to(ROOT)) for path in sources("portal", "tests", "bench") if path.stem in vague or path.parent.name in vague]
    assert not wrong, "\n".join(wrong)


def test_everything_public_says_what_it_is():
    wrong = []
    for path in sources("portal"):
        tree = tree_of(path)
        if not ast.get_docstring(tree) and path.read_text().strip():
            wrong.append(at(path, 1, "the module"))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_") and not ast.get_docstring(node):
                wrong.append(at(path, node.lineno, node.name))
            inside = node.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_") else []
            methods = [each for each in inside if isinstance(each, ast.FunctionDef) and not each.name.startswith("_")]
            wrong += [at(path, each.lineno, f"{each.name}") for each in methods if not ast.get_docstring(each)]
    assert not [each for each in wrong if "migrations/versions" not in each], "\n".join(wrong)


def test_nothing_is_left_to_be_done_later():
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK|NotImplemented)\b")
    wrong = [
        at(path, line, text.strip())
        for path in [*sources("portal", "bench", "bin"), *(ROOT / "templates").rglob("*.html"), *(ROOT / "static/js").rglob("*.js")]
        for line, text in enumerate(path.read_text("utf-8").splitlines(), 1)
        if marks.search(text)
    ]
    assert not wrong, "\n".join(wrong)


def test_no_test_puts_a_mock_in_the_place_of_our_own_code():
    wrong = [
        at(path, line, module)
        for path in sources("tests")
        for line, module, names in imports_of(path)
        if module == "unittest.mock" or "mock" in names or module in ("mock", "pytest_mock")
    ]
    assert not wrong, "\n".join(wrong)


@pytest.fixture(scope="module")
def tables() -> list[sa.Table]:
    """Every table of the portal."""
    for module in pkgutil.walk_packages(portal.__path__, "portal."):
        if module.name.endswith(".models") or module.name.startswith("portal.base."):
            importlib.import_module(module.name)
    return list(Base.metadata.sorted_tables)


def test_every_table_says_how_it_grows(tables):
    wrong = [table.name for table in tables if table.info.get("kind") not in ("customer", "reference", "global")]
    assert not wrong


def test_a_table_with_a_customer_in_its_key_grows_with_the_customer(tables):
    wrong = [table.name for table in tables if "customer_id" in table.primary_key.columns and table.info["kind"] == "reference"]
    assert not wrong


def test_a_customer_table_has_the_customer_in_every_key(tables):
    of_customers = {table.name for table in tables if table.info["kind"] == "customer"}
    assert len(of_customers) >= 10
    wrong = []
    for table in tables:
        if table.name not in of_customers:
            continue
        if list(table.primary_key.columns.keys())[:1] != ["customer_id"]:
            wrong.append(f"{table.name}: its primary key starts with {list(table.primary_key.columns.keys())[:1]}")
        for constraint in table.constraints:
            if isinstance(constraint, sa.UniqueConstraint) and "customer_id" not in constraint.columns:
                wrong.append(f"{table.name}: {constraint.name} is unique without the customer")
            if isinstance(constraint, sa.ForeignKeyConstraint) and constraint.referred_table.name in of_customers:
                pairs = {(element.parent.name, element.column.name) for element in constraint.elements}
                if ("customer_id", "customer_id") not in pairs:
                    wrong.append(f"{table.name}: {constraint.name} leads to {constraint.referred_table.name} without the customer")
        alone = [index for index in table.indexes if index.unique and "customer_id" not in index.columns]
        wrong += [f"{table.name}: {index.name} is unique without the customer" for index in alone]
    assert not wrong, "\n".join(wrong)


def test_money_points_and_quantities_are_whole_numbers(tables):
    wrong = [
        f"{table.name}.{column.name} is {column.type}"
        for table in tables
        for column in table.columns
        if isinstance(column.type, sa.Float | sa.Numeric) and not isinstance(column.type, sa.Integer)
    ]
    assert not wrong, "\n".join(wrong)


def test_every_moment_in_a_table_has_its_time_zone(tables):
    wrong = [f"{table.name}.{column.name}" for table in tables for column in table.columns if isinstance(column.type, sa.DateTime)]
    assert not wrong, f"take base.db.UtcDateTime for {wrong}"
