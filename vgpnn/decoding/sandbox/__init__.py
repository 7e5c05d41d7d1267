"""What the child process of `vgpnn.decoder` runs on; it imports nothing else of the project."""
