"""JT/T 808, the Chinese standard of vehicle terminals: a pure codec for both ends of the line."""
