"""`flask sso logouts`: the operator sees who was told that a sign-in is over, and has it said again."""

from __future__ import annotations

from portal.openid import claim_logouts, end_client_sessions, open_client_session, settle_logout
from tests.cast import NOW
from tests.openid.sites import make_site


def test_words_on_their_way_are_listed_and_sent_again(database, cast, run_on):
    run = run_on(database)
    with database.writing() as session:
        for each in ("shop", "forum"):
            make_site(session, each, now=NOW)
            open_client_session(session, each, session_id=1, subject="x", now=NOW)
        end_client_sessions(session, 1, "staff", now=NOW)
        for word in claim_logouts(session, now=NOW, limit=10):
            settle_logout(session, word, error=None if word.client_id == "forum" else "answered 503", now=NOW)
    listed = run("sso", "logouts", "list")
    assert listed.exit_code == 0, listed.output
    assert "2 listed." in listed.output
    assert "answered 503" in listed.output
    waiting = run("sso", "logouts", "list", "--status", "pending").output
    ref = waiting.split()[0]
    assert "Shop" in waiting
    assert "Forum" not in waiting
    assert run("sso", "logouts", "retry", ref).exit_code == 0
    arrived = run("sso", "logouts", "list", "--client", "forum").output.split()[0]
    assert run("sso", "logouts", "retry", arrived).exit_code == 2
    assert run("sso", "logouts", "retry", "nonsense").exit_code == 2
