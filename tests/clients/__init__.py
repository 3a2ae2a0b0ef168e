"""Relying parties others wrote: packages of Node.js, driven by the tests."""
