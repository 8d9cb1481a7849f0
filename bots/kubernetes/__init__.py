"""Remediations as Jobs of a cluster, made from suspended CronJobs.

`plan` and `ending` are pure: what a Job looks like, and how it ended. `lock` and `runner` speak to the API server.
"""
