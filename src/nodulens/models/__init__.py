"""Networks, one file per architecture, and their registry."""
