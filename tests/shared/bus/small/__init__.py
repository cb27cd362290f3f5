"""A service of the size that the bus's tests need: it stands in survey's place, and does what the text of a signal says."""
