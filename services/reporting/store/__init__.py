"""Every SQL statement of reporting: `heard` takes in facts, `tally` counts, `figures` and `initiatives` read, `publications`."""
