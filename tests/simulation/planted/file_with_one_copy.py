"""A message with a file is acknowledged while only one server has the file."""

from typing import Final

from server.cluster.file_link import FileLink

TARGET: Final = "server.cluster.file_link.FileLink._counts"


def replacement(self: FileLink) -> bool:
    return False
