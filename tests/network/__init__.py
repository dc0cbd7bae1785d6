"""Tests of server/network, with real sockets on loopback."""
