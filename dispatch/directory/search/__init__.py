"""Find anything in the directory by any fragment of it (docs/directory.md)."""
