"""Reporting: what the public sees of the movement.

Owns   read models of initiatives, campaigns, responses by code and signals; statistics with disclosure control; frozen
       publications; the map and the list.
Takes  nothing from partners.
Hears  initiative-registered, -changed, -merged, -split, -closed; campaign-scheduled, -opened, -closing-soon, -closed;
       invitation-issued, -withdrawn; response-recorded, -replaced; signal-recorded.
Says   report-published.
"""
