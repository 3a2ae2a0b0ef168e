"""Builds and loads the demo operator: made-up people on real data, the same every time."""

from portal.demo.intranet import open_intranet, write_intranet
from portal.demo.loader import Loaded, NotEmpty, Options, load_demo
from portal.demo.logins import create_logins, read_file, write_file
from portal.demo.progress import find_progress, has_customers
from portal.demo.trades import fill_shelves

__all__ = [
    "Loaded",
    "NotEmpty",
    "Options",
    "create_logins",
    "fill_shelves",
    "find_progress",
    "has_customers",
    "load_demo",
    "open_intranet",
    "read_file",
    "write_file",
    "write_intranet",
]
