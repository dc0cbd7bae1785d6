"""DELIVERS to clients: sessions, the command table, cursors, admission, presence."""
