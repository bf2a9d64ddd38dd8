"""Task sequences as bytes: reading them, and writing back what changed and nothing else."""
