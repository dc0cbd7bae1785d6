"""REMEMBERS: the cache of a person's chat in SQLite: history, outbox, drafts, marks, identity, servers."""
