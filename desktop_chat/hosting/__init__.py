"""HOSTS: starts and supervises servers as child processes; never inside the window's own process."""
