"""The survey.

Owns: questionnaires, campaigns, invitations, responses, signals.
Takes from partners: survey-response-submitted, signal-reported.
Hears: partners; initiatives registered, changed, merged, split, closed.
Says: campaign-scheduled, -opened, -closing-soon, -closed; invitation-issued, -withdrawn; response-recorded, -replaced;
initiative-described, consents-given; signal-recorded.
"""
