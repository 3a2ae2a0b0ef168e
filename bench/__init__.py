"""The measurements: each a name for `bin/bench`, each a ratio taken within one run (docs/measuring.md)."""
