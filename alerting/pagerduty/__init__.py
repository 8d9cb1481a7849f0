"""PagerDuty in its own words: what it is told of rotations, escalation, urgency and overrides.

The same people at the same times as `alerting.oncall` says. Nothing here talks to anybody.
"""
