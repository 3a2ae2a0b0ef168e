"""`python -m bench NAME…`: what `bin/bench` calls when everything is set up."""

from __future__ import annotations

import sys

from bench.command import main

sys.exit(main(sys.argv[1:]))
