"""What handlers, pages and admin commands do alike: regroup claims, carry out decisions, say what changed."""
