"""Proofs: secrets that are wrong, of somebody else, or used again, and passwords that are guessed."""

from typing import Any, Final

from server.sessions.stages import Stage
from tests.conformance.bad_input import BadInput, asked, requests

DEVICE: Final = "5e" * 16
SECRET: Final = "5e" * 32
# Somebody whom nobody else in the list is.
VICTIM: Final[dict[str, Any]] = {"name": "Victim", "device": DEVICE, "secret": SECRET}


def new_one(device: str, **more: Any) -> dict[str, Any]:
    """Somebody who is not there yet, with a good password."""
    shown = {"device": device, "secret": SECRET, "password": "seven slow snails in a drawer"}
    return {"name": "New One", **shown, **more}


def as_victim(changed: dict[str, Any]) -> bytes:
    """Signing in as somebody who is there."""
    return asked("sign_in", **VICTIM | changed) + b"\n"


# A device that is known shows its own secret, and is its own person's.
CHANGED: Final[list[tuple[dict[str, Any], str]]] = [
    ({"secret": "00" * 32}, "wrong_secret"),
    ({"secret": SECRET[:-1] + "f"}, "wrong_secret"),
    ({"secret": SECRET.upper()}, "bad_request"),
    ({"secret": SECRET[:-2]}, "bad_request"),
    ({"secret": ""}, "bad_request"),
    ({"secret": SECRET + "\n"}, "bad_request"),
    ({"name": "Somebody Else"}, "wrong_person"),
    ({"name": "VICTIM"}, "signed_in"),
    ({"standby": True}, "signed_in"),
    ({"cursor": {"epoch": "9.nobody.0", "index": 2**53}}, "signed_in"),
    ({"cursor": {"epoch": "0.0.0", "index": 0}}, "signed_in"),
    ({"password": "a guess at nothing"}, "signed_in"),
]

PROOFS: Final[list[BadInput]] = [
    *[BadInput("proofs", as_victim(changed), expected) for changed, expected in CHANGED],
    # Passwords: weak ones, ones for nobody, and the same answer for who is not there.
    *requests(
        "proofs",
        [
            (
                "sign_in",
                {**VICTIM, "device": "60" * 16, "name": "Nobody Here", "password": "x" * 20},
                "wrong_password",
            ),
            ("sign_in", {**VICTIM, "device": "61" * 16, "password": "x" * 20}, "wrong_password"),
            (
                "sign_in",
                {**VICTIM, "device": "62" * 16, "register": True, "password": "x" * 20},
                "name_taken",
            ),
            (
                "sign_in",
                {**VICTIM, "device": "63" * 16, "name": "New One", "register": True, "password": ""},
                "password_too_short",
            ),
            (
                "sign_in",
                {**VICTIM, "device": "64" * 16, "name": "New One", "register": True, "password": "short"},
                "password_too_short",
            ),
            (
                "sign_in",
                {
                    **VICTIM,
                    "device": "65" * 16,
                    "name": "New One",
                    "register": True,
                    "password": "password1234",
                },
                "password_too_common",
            ),
            (
                "sign_in",
                {**VICTIM, "device": "66" * 16, "name": "New One", "register": True, "password": "x" * 129},
                "bad_request",
            ),
        ],
        Stage.GREETED,
    ),
    # Codes of invites and resets that nobody made; a proof of the operator that is none.
    *requests(
        "proofs",
        [
            ("sign_in", new_one("67" * 16, code="a" * 26, register=True), "bad_invite"),
            ("sign_in", new_one("68" * 16, code="A" * 26, register=True), "bad_request"),
            ("sign_in", new_one("69" * 16, code="a" * 25, register=True), "bad_request"),
            ("sign_in", new_one("6a" * 16, code="a" * 26), "bad_reset"),
            ("sign_in", new_one("6b" * 16, name="Victim", code="a" * 26), "bad_reset"),
            ("sign_in", new_one("6c" * 16, proof="ab" * 32), "forbidden"),
            ("sign_in", new_one("6d" * 16, name="Victim", proof="00" * 32), "forbidden"),
            ("sign_in", new_one("6e" * 16, proof="ab" * 31), "bad_request"),
        ],
        Stage.GREETED,
    ),
    # A proof that was made for another connection is none: only what everybody may know is told.
    *requests(
        "proofs",
        [
            ("status", {"proof": "ab" * 32}, "status_facts"),
            ("status", {"proof": "x"}, "status_facts"),
            ("status", {"proof": "\u00e9" * 64}, "status_facts"),
            ("status", {"proof": "x" * 65}, "bad_request"),
        ],
        Stage.GREETED,
    ),
]
