"""CONVERSES with the pair for one person: sign-in, resume, outbox, choice of server (pure)."""
