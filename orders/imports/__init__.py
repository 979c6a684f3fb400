"""Take over a shop's history from another system: read, stage, resolve, land, report."""
