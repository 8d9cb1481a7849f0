"""What Prometheus and Alertmanager know, and what the bot was not told."""
