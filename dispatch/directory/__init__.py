"""Directory: customers, their premises and phones, regions, the network above them, the map."""
