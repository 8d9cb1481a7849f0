"""What is known of an incident: its events, what arrives, and what follows from them. Values and pure functions."""
