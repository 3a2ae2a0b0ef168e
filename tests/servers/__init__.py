"""Real servers for tests and measurements: each a context manager on a free port of this machine, gone at the end."""
