"""The rules of notify: what staff can follow, whom an event concerns, when a mail goes, what it says. Pure."""
