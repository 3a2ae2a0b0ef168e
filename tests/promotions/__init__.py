"""Campaigns: written, judged, evaluated, and used no more often than they may be."""
