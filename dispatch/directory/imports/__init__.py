"""Bulk import of the directory: every problem named, the same file twice is no change."""
