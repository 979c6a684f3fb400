"""News of the shop for its people: which kinds there are, who sees what, what was read, what goes out by mail."""
