"""What the bot says to people, and how text of any origin is shown without harm."""
