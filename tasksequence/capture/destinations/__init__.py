"""How a finished file gets to its place."""
