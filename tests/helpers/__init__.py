"""What several tests share: clips, a server process, a browser page."""
