"""SHOWS: the window on the chat; what comes flows one way: network, store, view models, widgets."""
