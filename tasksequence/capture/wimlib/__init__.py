"""The backend that lets libwim, in a process of its own, do the work."""
