"""The panels that all tabs share."""
