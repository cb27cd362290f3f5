"""The registry's rules: pure, without clock, database or async."""
