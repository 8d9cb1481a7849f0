"""What people may ask for, whether they may, and what comes of it."""
