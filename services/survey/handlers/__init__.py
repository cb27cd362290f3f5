"""Events in: one function per event, and the work that they share with pages, jobs and admin commands."""
