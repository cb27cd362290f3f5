"""notify: whoever should know, knows in time, and is never told twice.

Owns   staff and what they follow; mails, from asking to delivery; the suppression list; logging in.
Takes  nothing from partners yet.
Hears  registry: partners and how they are doing, initiatives, contacts, possible duplicates. survey: campaigns, invitations,
       responses, signals. reporting: publications. Every service: what it set aside.
Says   notification-delivered, notification-failed.
"""
