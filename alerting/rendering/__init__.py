"""Policy → every file under rendered/, as text."""
