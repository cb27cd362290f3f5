"""The soak: all services for a quarter of an hour at half of what they can do, with memory flat and nothing left behind."""
