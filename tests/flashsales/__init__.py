"""Tests of flash sales."""
