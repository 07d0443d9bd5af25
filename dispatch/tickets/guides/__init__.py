"""Guided questions of each fault type: data in TOML, a loader that checks it, an interpreter."""
