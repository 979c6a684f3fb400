"""Background work of the orders app."""
