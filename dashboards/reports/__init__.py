"""Reports over finished orders."""
