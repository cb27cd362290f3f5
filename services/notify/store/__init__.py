"""Every SQL statement of notify, one file per noun."""
