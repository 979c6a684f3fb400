"""The demo shop: a corner shop of our own making, with half a year of sales that end now."""
