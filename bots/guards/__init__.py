"""The guard rails of remediation: what keeps a machine that may restart things from doing harm.

`may_run` (bots.guards.rails) is pure; what it looks at is gathered by `bots.surroundings`.
"""
