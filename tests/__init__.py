"""The tests: one folder per capability, the cast everybody knows in cast.py, the databases in conftest.py."""
