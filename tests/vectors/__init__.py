"""Cases for both implementations of money, Python's and the till's: made anew by each run, always the same ones."""
