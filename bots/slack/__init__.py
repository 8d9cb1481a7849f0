"""Slack as the face of an incident: commands, buttons and forms in; messages that stay up to date out."""
