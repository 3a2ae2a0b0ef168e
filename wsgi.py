"""The WSGI entry: `granian --interface wsgi wsgi:app`, `flask --app wsgi …`."""

import gc

from portal.app import create_app
from portal.base.jobs import Kicker
from portal.base.logs import configure_logging
from portal.faces.cli import settings_or_exit

settings = settings_or_exit()
configure_logging(json=settings.log_json)
app = create_app(settings)
app.extensions["kick"] = Kicker(settings).kick

# What was loaded stays: the collector need not walk it again, nor come by every 700 objects. A tenth of a request's CPU.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 20)
