"""What the bot is given at its start and reads again when it changes."""
