"""What must hold at the end of a run, checked against the recorded history; a file a promise."""
