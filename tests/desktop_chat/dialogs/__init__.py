"""The dialogs, as far as they are plain data."""
