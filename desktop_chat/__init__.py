"""SHOWS: the window on the chat; what the network brings flows one way: network, store, view models, widgets."""
