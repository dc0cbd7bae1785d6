"""The simulator: the real core over a pretended network, clock and disk; one seed replays a run."""
