"""What can be captured: volumes and the state they are in."""
