"""Tests of the providers enterprises bring."""
