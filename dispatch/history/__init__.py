"""Past dispatch records of other systems: map files, reading, import."""
