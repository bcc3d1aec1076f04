"""Exact and fast sums, draws and counts: no model, no law."""
