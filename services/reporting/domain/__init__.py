"""The rules of reporting: what is counted, and what may be shown of it. Pure."""
