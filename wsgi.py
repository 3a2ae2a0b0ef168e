"""The WSGI entry: `granian --interface wsgi wsgi:app`, `flask --app wsgi …`."""

from portal.app import create_app
from portal.base.jobs import Kicker
from portal.base.logs import configure_logging
from portal.faces.cli import settings_or_exit

settings = settings_or_exit()
configure_logging(json=settings.log_json)
app = create_app(settings)
app.extensions["kick"] = Kicker(settings).kick
