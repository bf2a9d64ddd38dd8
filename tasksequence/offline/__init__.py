"""What a Windows volume tells while it is not mounted: files, registry, and the system's state."""
