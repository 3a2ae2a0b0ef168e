"""`flask demo` as somebody types it."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pyotp
import pytest
from click.testing import Result
from flask import Flask

from portal.app import create_app
from portal.base.settings import Settings
from tests.conftest import TEST_SECRET, make_tables


def application(folder: Path, env: str = "demo") -> Flask:
    settings = Settings(
        env=env, secret_key=TEST_SECRET, sms_adapter="tray" if env == "demo" else "none", instance_dir=folder,  # type: ignore[arg-type]
        argon2_memory_kib=7168, argon2_rounds=1, base_url="https://hall.example",
    )  # fmt: skip
    return create_app(settings)


def run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=["demo", *words])


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    make_tables(f"sqlite:///{tmp_path / 'onehall.db'}")
    return application(tmp_path)


def test_a_load_says_what_it_did_and_lists_the_logins(app: Flask, tmp_path: Path) -> None:
    loaded = run(app, "load", "--subscribers", "30", "--detail", "3")
    assert loaded.exit_code == 0, loaded.output
    assert "30 subscribers and one enterprise, 3 in full detail" in loaded.output
    found = json.loads((tmp_path / "demo.json").read_text("utf-8"))
    assert found["load"]["subscribers"] == 30
    assert found["subscribers"][0]["address"] == "https://hall.example/login"
    shown = run(app, "logins")
    assert shown.exit_code == 0
    squeezed = "".join(shown.output.split())
    for login in found["subscribers"]:
        assert login["number"] in squeezed
    # The code shown is Dora's of this moment, or of the one before when the half minute has just turned.
    code = pyotp.TOTP(found["staff"][0]["totp_key"])
    moment = int(time.time())
    assert code.at(moment) in squeezed or code.at(moment - code.interval) in squeezed
    assert "https://hall.example/counter/login" in shown.output


def test_a_second_load_is_refused_unless_told_what_to_do(app: Flask) -> None:
    assert run(app, "load", "--subscribers", "5").exit_code == 0
    refused = run(app, "load", "--subscribers", "5")
    assert refused.exit_code == 2
    assert "--fresh" in refused.output
    kept = run(app, "load", "--subscribers", "9", "--if-empty")
    assert (kept.exit_code, "nothing to do" in kept.output) == (0, True)
    fresh = run(app, "load", "--subscribers", "9", "--fresh")
    assert fresh.exit_code == 0
    assert "9 subscribers" in fresh.output


def test_production_takes_no_demo(tmp_path: Path) -> None:
    make_tables(f"sqlite:///{tmp_path / 'onehall.db'}")
    refused = run(application(tmp_path, "production"), "load", "--subscribers", "5")
    assert refused.exit_code == 2
    assert "PORTAL_ENV" in refused.output
    assert not (tmp_path / "demo.json").exists()


def test_logins_before_a_load_are_one_clear_line(app: Flask) -> None:
    shown = run(app, "logins")
    assert shown.exit_code == 2
    assert "load the demo first" in shown.output


def test_the_rows_without_total_charges_are_reported(app: Flask) -> None:
    loaded = run(app, "load", "--subscribers", "600", "--detail", "2")
    assert loaded.exit_code == 0
    assert "No total charges in 1 rows of wa_churn (489)" in loaded.output
