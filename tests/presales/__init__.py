"""Tests of pre-sales."""
