"""Builds and loads the demo operator: made-up people on real data, the same every time."""

from portal.demo.campaigns import launch_campaigns
from portal.demo.intranet import open_intranet, write_intranet
from portal.demo.loader import Loaded, NotEmpty, Options, load_demo
from portal.demo.logins import create_logins, read_file, write_file
from portal.demo.progress import find_progress, has_customers
from portal.demo.rush import PrintedCodes, announce_coming, announce_sales, print_codes
from portal.demo.shopping import place_orders
from portal.demo.trades import fill_shelves
from portal.demo.window import dress_window

__all__ = [
    "Loaded",
    "NotEmpty",
    "Options",
    "PrintedCodes",
    "announce_coming",
    "announce_sales",
    "create_logins",
    "dress_window",
    "fill_shelves",
    "find_progress",
    "has_customers",
    "launch_campaigns",
    "load_demo",
    "open_intranet",
    "place_orders",
    "print_codes",
    "read_file",
    "write_file",
    "write_intranet",
]
