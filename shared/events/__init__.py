"""The contracts: what partners and services say to each other. Needs nothing of the platform but itself."""
