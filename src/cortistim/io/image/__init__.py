"""Images: opened in one guarded way, by content."""
