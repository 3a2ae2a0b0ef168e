"""Puts the application together. Reads like a table of contents."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from portal.adapters.backchannel import make_backchannel
from portal.adapters.bss import make_bss
from portal.adapters.documents import make_documents
from portal.adapters.logistics import make_logistics
from portal.adapters.payment import make_providers
from portal.adapters.sms import make_sender
from portal.adapters.upstream import make_upstream
from portal.base import clock
from portal.base.db import Database
from portal.base.events import Handlers
from portal.base.keys import make_keys
from portal.base.settings import ROOT, Settings
from portal.billing.handlers import register as register_billing
from portal.faces import access, assets, babel, cards, cookies, errors, framing, headers, htmx, language, order_words, requests, words
from portal.faces.cli import register as register_commands
from portal.faces.counter import bp as counter
from portal.faces.ministore import bp as ministore
from portal.faces.ministore import widgets
from portal.faces.office import bp as office
from portal.faces.parts import Portal
from portal.faces.public import bp as public
from portal.faces.refs import CodeConverter, RefConverter
from portal.faces.scim import bp as scim
from portal.faces.site import bp as site
from portal.faces.sso import bp as sso
from portal.faces.sso import machines as sso_machines
from portal.faces.tray import bp as tray
from portal.faces.worker import register as register_worker
from portal.flashsales.handlers import register as register_flashsales
from portal.identity import make_hasher
from portal.identity.handlers import register as register_identity
from portal.openid.handlers import register as register_openid
from portal.orders.handlers import register as register_orders
from portal.payments import use_providers
from portal.points.handlers import register as register_points
from portal.presales.handlers import register as register_presales


def create_app(settings: Settings | None = None) -> Flask:
    """Build the WSGI application from `settings`, or from the environment."""
    settings = settings or Settings()
    app = Flask("portal", root_path=str(ROOT / "portal"), template_folder=str(ROOT / "templates"), static_folder=None)
    app.extensions["portal"] = assemble(settings)
    app.url_map.converters.update(ref=RefConverter, code=CodeConverter)
    configure(app, settings)
    for part in (requests, cookies, language, babel, assets, words, order_words, cards, htmx, access, headers, framing, errors):
        part.init_app(app)
    app.register_blueprint(public)
    app.register_blueprint(site)
    app.register_blueprint(sso)
    app.register_blueprint(sso_machines)
    app.register_blueprint(scim)
    app.register_blueprint(counter, url_prefix="/counter")
    app.register_blueprint(office, url_prefix="/office")
    app.register_blueprint(ministore, url_prefix="/ministore")
    app.register_blueprint(widgets, url_prefix="/widgets/mini-store")
    if settings.env != "production":
        app.register_blueprint(tray, url_prefix="/tray")
    register_commands(app)
    register_worker(app)
    return app


def assemble(settings: Settings) -> Portal:
    """Make the parts that live as long as the process, and set where days begin."""
    clock.use_zone(settings.zone)
    use_providers(settings.payment_providers, settings.currency)
    database = Database(settings.sqlalchemy_url)
    handlers = Handlers()
    register_identity(handlers)
    register_openid(handlers)
    register_billing(handlers)
    register_points(handlers)
    register_orders(handlers)
    register_presales(handlers)
    keys = make_keys(settings)
    register_flashsales(handlers, keys)
    return Portal(
        settings,
        database,
        keys,
        handlers,
        make_sender(settings, database),
        make_hasher(settings),
        make_backchannel(settings),
        make_documents(settings),
        make_upstream(settings),
        make_providers(settings),
        make_bss(settings),
        make_logistics(settings),
    )


def configure(app: Flask, settings: Settings) -> None:
    """Set what Flask and its extensions read; nothing of ours reads `app.config`."""
    app.config.update(
        MAX_CONTENT_LENGTH=1024 * 1024,
        MAX_FORM_MEMORY_SIZE=256 * 1024,
        TEMPLATES_AUTO_RELOAD=False,
        PREFERRED_URL_SCHEME="https" if settings.base_url.startswith("https:") else "http",
    )
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True, "autoescape": True}
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
