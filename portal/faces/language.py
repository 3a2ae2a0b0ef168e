"""The reader's language and colour scheme: chosen by the browser, switchable, remembered."""

from __future__ import annotations

from flask import Flask, g, request
from flask_babel import Babel

from portal.base.i18n import LANGUAGES, LOCALES, Language
from portal.base.settings import ROOT
from portal.faces import cookies
from portal.faces.parts import portal

THEMES = ("auto", "light", "dark")
_TAGS = {"zh": "zh-Hans-CN", "en": "en"}


def init_app(app: Flask) -> None:
    """Start Flask-Babel with our catalogues and tell templates the language and scheme."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(ROOT / "portal" / "translations")
    Babel(app, locale_selector=lambda: LOCALES[language()], timezone_selector=lambda: portal().settings.time_zone)
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.context_processor(lambda: {"lang": _TAGS[language()], "language": language(), "theme": theme()})


def language() -> Language:
    """Give the reader's language: their choice, else what the browser asks for, else Chinese."""
    if "language" not in g:
        chosen = _preferences()[0]
        g.language = chosen or _from_browser()
    found: Language = g.language
    return found


def theme() -> str:
    """Give the reader's colour scheme: auto, light or dark."""
    return _preferences()[1]


def _from_browser() -> Language:
    best = request.accept_languages.best_match(["zh-Hans-CN", "zh-CN", "zh", "zh-TW", "zh-HK", "en", "en-US", "en-GB"])
    return "en" if best and best.startswith("en") else "zh"


def _preferences() -> tuple[Language | None, str]:
    code, _, scheme = request.cookies.get(cookies.PREFERENCES, "").partition("-")
    chosen = next((known for known in LANGUAGES if known == code), None)
    return chosen, scheme if scheme in THEMES else "auto"


def preference_cookie(new_language: str | None = None, new_theme: str | None = None) -> str:
    """Give the value of the preference cookie after a change; raise ValueError for what we do not offer."""
    chosen, scheme = _preferences()
    if new_language is not None and new_language not in LANGUAGES:
        raise ValueError("not a language of ours")
    if new_theme is not None and new_theme not in THEMES:
        raise ValueError("not a scheme of ours")
    return f"{new_language or chosen or ''}-{new_theme or scheme}"
