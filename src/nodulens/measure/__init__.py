"""Numbers from a mask: size and shape."""
