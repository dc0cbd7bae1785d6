"""A retired server goes when all is in the other log, whether or not the new machine has it."""

from typing import Final

from server.cluster.handover import HandingOver

TARGET: Final = "server.cluster.handover.HandingOver.is_done"
replacement: Final = HandingOver.is_answered
