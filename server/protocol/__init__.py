"""SPEAKS the native wire: limits, errors, frames, requests, events, connection (pure)."""
