"""Jira: where follow-ups of postmortems go for teams that name a project there."""
