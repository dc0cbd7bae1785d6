"""Tests of the archive: records and their chain, the store, and the disks beneath it."""
