"""The rules of the survey: plain Python, no clock, no database."""
