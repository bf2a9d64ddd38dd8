"""Writing volumes to a WIM: backends, what can be captured, and where the file goes."""
