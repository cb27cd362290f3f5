"""Pages: logging in, a staff member's own preferences, unsubscribing."""
