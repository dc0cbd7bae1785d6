"""Rights: what only administrators may ask, asked by a member."""

from typing import Final

from tests.conformance.bad_input import BadInput, requests

HASH: Final = "ab" * 32

RIGHTS: Final[list[BadInput]] = requests(
    "rights",
    [
        ("accounts", {}, "forbidden"),
        ("audit", {}, "forbidden"),
        ("audit", {"before": 2**53}, "forbidden"),
        *[
            ("set_standing", {"user": "nobody", "standing": standing}, "forbidden")
            for standing in ("administrator", "member", "disabled", "enabled", "banned")
        ],
        ("set_standing", {"user": "nobody", "standing": "owner"}, "bad_request"),
        ("reset_password", {"user": "nobody", "hash": HASH}, "forbidden"),
        ("change_settings", {"members_invite": True}, "forbidden"),
        ("change_settings", {"send_rate_per_s": 10_000.0}, "forbidden"),
        ("change_settings", {"send_rate_per_s": 0}, "bad_request"),
        ("take_back_invite", {"hash": HASH}, "bad_invite"),
    ],
)
