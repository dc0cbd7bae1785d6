"""LISTENS: the background thread around the client conversation; no tkinter here."""
