"""Carrying out what a plan says, on this machine."""
