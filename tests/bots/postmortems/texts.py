"""Postmortems for tests."""

WHOLE = b"""---
incident: INC-7
title: Checkout fails
service: checkout
team: payments
priority: P0
drill: false
status: published
started_at: 2026-01-05T10:00:00Z
resolved_at: 2026-01-05T10:30:00Z
follow_ups:
  - {title: Alert on the length of the queue, owner: ana, due: 2026-02-01}
  - {title: Limit retries, owner: ben, due: 2026-02-10, tracker: jira, type: Bug}
---

# INC-7: Checkout fails

## Summary

A deploy changed the pool's size. The pool ran dry at ten and every second order failed until the deploy was taken back.

## Impact

About six thousand orders failed over ten minutes and customers saw an error page.

## Timeline

| When | Who | What |
| --- | --- | --- |
| 10:00 | tocsin | opened |

## What the machine did

No remediation was run.

## Contributing factors

The pool's size is a default of the library, no test runs with production's traffic, and the canary has too little.

## What went well

The page came within two minutes.

## Follow-ups

See above.
"""
