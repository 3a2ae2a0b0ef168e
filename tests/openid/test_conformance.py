"""docs/conformance.md is true: every module of the plans is claimed by tests that exist, or it is said why it is not offered."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
DOCUMENT = TESTS.parent / "docs" / "conformance.md"
PLANS = {"Basic": 38, "Dynamic": 23, "Config": 1, "RP-initiated logout": 11, "Back-channel logout": 2, "FAPI 2.0 security profile": 56}
"""How many modules each plan has in the suite's source."""
_HEADING = re.compile(r"## (?P<plan>.+): (?P<count>\d+) modules of `\w+`")
_ROW = re.compile(r"\| `(?P<module>[\w-]+)` \| (?P<claim>.+) \|")
_CLAIM = re.compile(r"`([\w/]+\.py)::(\w+)`")
WHY_NOT = "not offered, because "


def read_plans(text: str) -> dict[str, dict[str, str]]:
    """Give what is said of each module, by plan; AssertionError for a line of a table that says nothing."""
    plans: dict[str, dict[str, str]] = {}
    here: dict[str, str] = {}
    for line in text.splitlines():
        if heading := _HEADING.fullmatch(line):
            here = plans.setdefault(heading["plan"], {})
        elif line.startswith("| `"):
            row = _ROW.fullmatch(line)
            assert row, line
            assert row["module"] not in here, f"{row['module']} stands twice"
            here[row["module"]] = row["claim"]
    return plans


def faults(claim: str) -> list[str]:
    """Say what is wrong with one claim."""
    named = _CLAIM.findall(claim)
    if claim.startswith(WHY_NOT):
        reason = claim.removeprefix(WHY_NOT)
        found = [] if len(reason.split()) > 4 else ["no reason is given"]
    else:
        left = _CLAIM.sub("", claim).replace("<br>", "")
        found = [] if named and not left.strip() else [f"this claims nothing: {claim!r}"]
    return found + [f"there is no {test} in {file}" for file, test in named if test not in names_in(file)]


@cache
def names_in(file: str) -> frozenset[str]:
    """Give the names of a file's tests, without running it; those that are skipped are none."""
    path = TESTS / file
    if not path.is_file():
        return frozenset()
    found = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    assert max(Counter(node.name for node in found).values(), default=1) == 1, f"{file}: a test hides another of its name"
    return frozenset(node.name for node in found if not any("skip" in ast.unparse(each) for each in node.decorator_list))


def test_every_module_of_the_plans_is_claimed_by_a_test_that_exists() -> None:
    plans = read_plans(DOCUMENT.read_text())
    assert {plan: len(modules) for plan, modules in plans.items()} == PLANS
    wrong = {module: found for modules in plans.values() for module, claim in modules.items() if (found := faults(claim))}
    assert not wrong


def test_what_is_not_offered_is_refused_by_a_test_or_is_a_matter_of_taste() -> None:
    left_out = [module for modules in read_plans(DOCUMENT.read_text()).values() for module, claim in modules.items() if WHY_NOT in claim]
    assert sorted(left_out) == [
        "fapi2-security-profile-final-plain-fapi-tolerate-unregistered-redirect-uri",
        "oidcc-registration-logo-uri",
        "oidcc-request-uri-signed-rs256",
        "oidcc-request-uri-unsigned",
    ]


def test_the_headings_count_right() -> None:
    counted = {found["plan"]: int(found["count"]) for line in DOCUMENT.read_text().splitlines() if (found := _HEADING.fullmatch(line))}
    assert counted == PLANS


@pytest.mark.parametrize(
    "claim",
    [
        "`openid/test_conformance.py::test_nobody_wrote_this`", "`openid/test_nowhere.py::test_the_headings_count_right`", "soon",
        "not offered, because no", "not offered", "`openid/test_conformance.py::read_plans`", "",
        "`openid/test_conformance.py::test_the_headings_count_right`, mostly",
    ],
)  # fmt: skip
def test_a_claim_that_is_not_kept_is_seen(claim: str) -> None:
    assert faults(claim)
    assert not faults("`openid/test_conformance.py::test_the_headings_count_right`")


def test_a_module_that_stands_twice_or_says_nothing_is_seen() -> None:
    head = "## Basic: 1 modules of `Plan`\n"
    for rows in ("| `a` | x |\n| `a` | y |", "| `a` |  |", "| `a` b | x |"):
        with pytest.raises(AssertionError):
            read_plans(head + rows)
