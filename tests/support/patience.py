"""How long a test waits for what should come at once."""

PATIENCE = 300.0
"""Seconds: a shared machine may stand still for a minute, and only a hang lasts longer."""
