"""ASKS: first run, certificates, links, people, what stands behind the status bar, the shortcuts."""
