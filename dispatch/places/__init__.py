"""Where a fault is: candidates with source and uncertainty, duplicates near by, corrections."""
