"""Tests of the engine: transcripts of servers without disks or sockets."""
