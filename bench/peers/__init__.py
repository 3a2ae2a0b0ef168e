"""Providers others wrote, measured beside ours."""
