"""Registry: who takes part, what they claim, and which initiatives there are.

Owns: partners, claims as said, initiatives (golden records), matching, the contact book, the history of every answer.
Takes from partners: initiative-reported, initiative-withdrawn, match-answered.
Hears: initiative-described, consents-given (survey); event-accepted, -refused, -delayed (every taker); and, to pass them on to
the partners whom they concern: invitation-issued, response-recorded, campaign-opened, -closed (survey), report-published.
Says: partner-boarded, -changed, -suspended, -silent, -day-closed; sequence-gap; initiative-registered, -changed, -merged,
-split, -closed; possible-duplicate-found; contact-changed, partner-contact-changed (to notify alone).
"""
