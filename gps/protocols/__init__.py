"""The protocols that terminals and phones speak, one file each."""
