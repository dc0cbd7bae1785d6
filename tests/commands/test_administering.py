"""Who is meant on the command line of an administrator."""

from server.commands.administering import user_of
from server.protocol.administration import AccountFacts

ANNA, BEN = "a" * 32, "b" * 32


def account(user: str, name: str) -> AccountFacts:
    return AccountFacts(user, name, "member", devices=1, has_password=True, is_online=False)


def test_an_id_is_whose_it_is_whoever_is_called_like_it() -> None:
    people = [account(BEN, ANNA), account(ANNA, "Anna")]
    assert user_of(people, ANNA) == ANNA
    assert user_of(people, "ANNA") == ANNA
    assert user_of(people, BEN) == BEN
    assert user_of(people, "Carl") == ""
