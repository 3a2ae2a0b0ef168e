"""`python -m sandbox --port 8090 --file FOLDER/sandbox.db`; the secrets come in SANDBOX_SECRETS, separated by commas."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from werkzeug.serving import make_server

from sandbox.app import create_sandbox


def main() -> None:
    """Serve until a signal ends us."""
    parser = argparse.ArgumentParser(prog="python -m sandbox")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--file", type=Path, required=True)
    parser.add_argument("--address", default="")
    parser.add_argument("--trust", default="", help="a certificate to believe the merchant by, which signed itself")
    options = parser.parse_args()
    secrets = [each for each in os.environ.get("SANDBOX_SECRETS", "").split(",") if each]
    if not secrets:
        raise SystemExit("✗ SANDBOX_SECRETS is empty")
    if options.trust:
        os.environ["SSL_CERT_FILE"] = options.trust
    options.file.parent.mkdir(parents=True, exist_ok=True)
    app = create_sandbox(options.file, secrets, options.address or f"http://{options.host}:{options.port}")
    server = make_server(options.host, options.port, app, threaded=True)
    app.extensions["sandbox"]["sender"].start()
    print(f"ready: {server.port}", flush=True)  # noqa: T201 - whoever started us waits for it
    server.serve_forever()


if __name__ == "__main__":
    main()
