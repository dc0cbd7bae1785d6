"""What an administrator should know, and why a server refuses to go on: codes with their meaning."""

from typing import Final

from server.i18n.marking import marked

ALARMS: Final[dict[str, str]] = {
    "may_lack_messages": marked(
        "This server started alone: it may lack what the other one took since they last met."
    ),
    "lacks_confirmed": marked(
        "This server's archive lacks what it once confirmed: it waits for the other server and refills from"
        " it. If that one is gone for good, start this one with --lead-anyway."
    ),
    "refilling": marked(
        "This server's archive had lost records: it is being refilled from the other server."
    ),
    "disk_full": marked(
        "The disk of this server is nearly full: nothing new is taken here. Make room;"
        " people go on at the other server."
    ),
    "slow_peer": marked("The other server answers but does not confirm in time: running on one copy."),
    "slow_strict_peer": marked(
        "The other server answers but does not confirm in time: everybody waits for it."
    ),
    "waiting_for_peer": marked(
        "This server waits for the other one: until it is there, one can read here,"
        " and nothing new is stored."
    ),
    "merging": marked(
        "What only this server holds, since both were apart or it was mended, is being put behind what the"
        " other one has."
    ),
    "foreign_peer": marked("The other server belongs to another chat: the link was refused."),
    "damaged_link": marked("The other server sent records that do not fit: the link was closed."),
}

HALTS: Final[dict[str, tuple[str, ...]]] = {
    "same_server_id": ("server",),
    "copied_folder": ("server",),
    "retired": ("name",),
    "foreign_cluster": ("mine", "theirs"),
    "foreign_certificate": ("address",),
}
