"""CARRIES bytes: event loop threads, channels (TLS, pins), the listener, the dialer, the clock."""
