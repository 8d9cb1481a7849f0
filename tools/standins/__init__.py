"""Places outside, played on this machine: small real HTTP servers that are strict about what they are asked.

The drill and the tests use the same ones. Each keeps what it was told, and a page shows it to people.
"""
