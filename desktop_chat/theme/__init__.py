"""DRESSES: palettes, fonts, sizes, and the ttk theme of the same colours."""
