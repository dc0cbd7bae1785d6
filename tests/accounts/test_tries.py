"""How often a password may be tried."""

from server.accounts.tries import ADDRESS_FAILURES_MAX, FREE_TRIES, AddressLimit, TryLimit

HERE, THERE, OWN = "10.0.0.1", "10.0.0.2", "127.0.0.1"


def waits(limit: TryLimit, count: int, *, address: str = HERE) -> list[float]:
    """Tries as early as each is allowed; how long each of them waited."""
    now, waited = 0.0, []
    for _ in range(count):
        wait_s = limit.wait_s("anna", address, now)
        now += wait_s
        limit.begin("anna", address, now)
        waited.append(wait_s)
    return waited


def test_some_are_free_and_then_each_waits_twice_as_long_and_at_most_five_minutes() -> None:
    waited = waits(TryLimit(), FREE_TRIES + 12, address=OWN)
    assert waited[: FREE_TRIES + 4] == [0.0] * FREE_TRIES + [1.0, 2.0, 4.0, 8.0]
    assert waited[-1] == 300.0


def test_another_person_and_another_address_are_not_held_up() -> None:
    limit = TryLimit()
    waits(limit, FREE_TRIES)
    assert limit.wait_s("anna", HERE, 0.0) > 0
    assert limit.wait_s("anna", THERE, 0.0) == 0
    assert limit.wait_s("ben", HERE, 0.0) == 0


def test_the_right_one_makes_everything_good() -> None:
    limit = TryLimit()
    waits(limit, FREE_TRIES)
    limit.succeeded("anna", HERE)
    assert limit.wait_s("anna", HERE, 0.0) == 0


def test_a_try_that_showed_nothing_does_not_count() -> None:
    limit = TryLimit()
    for _ in range(2 * ADDRESS_FAILURES_MAX):
        assert limit.wait_s("anna", HERE, 0.0) == 0
        limit.begin("anna", HERE, 0.0)
        limit.give_back("anna", HERE)
    waits(limit, FREE_TRIES)
    limit.give_back("anna", HERE)
    assert limit.wait_s("anna", HERE, 0.0) == 0


def test_many_at_a_time_are_as_many() -> None:
    limit = TryLimit()
    for _ in range(FREE_TRIES):
        assert limit.wait_s("anna", HERE, 0.0) == 0
        limit.begin("anna", HERE, 0.0)
    assert limit.wait_s("anna", HERE, 0.0) == 1.0


def test_an_address_that_fails_for_many_people_waits_until_the_first_failure_is_ten_minutes_old() -> None:
    limit = TryLimit()
    for number in range(ADDRESS_FAILURES_MAX):
        assert limit.wait_s(f"person {number}", HERE, float(number)) == 0
        limit.begin(f"person {number}", HERE, float(number))
    assert limit.wait_s("anna", HERE, 30.0) == 570.0
    assert limit.wait_s("anna", HERE, 601.0) == 0
    assert limit.wait_s("anna", THERE, 30.0) == 0


def test_people_behind_the_own_loopback_are_told_apart_by_name_only() -> None:
    limit = TryLimit()
    for number in range(2 * ADDRESS_FAILURES_MAX):
        limit.begin(f"person {number}", OWN, 0.0)
    assert limit.wait_s("anna", OWN, 0.0) == 0


def test_strangers_cannot_fill_the_memory() -> None:
    limit = TryLimit()
    for number in range(25_000):
        limit.begin(f"person {number}", f"10.1.{number // 250}.{number % 250}", 0.0)
    assert len(limit) <= 20_000
    assert limit.wait_s("person 24999", HERE, 0.0) == 0


def test_so_many_of_one_address_within_ten_minutes_and_none_of_the_own_loopback() -> None:
    limit = AddressLimit(2)
    for address in (HERE, OWN):
        limit.begin(address, 0.0)
        limit.begin(address, 5.0)
    assert limit.wait_s(HERE, 5.0) == 595.0
    assert limit.wait_s(OWN, 5.0) == limit.wait_s(THERE, 5.0) == 0
    # The oldest one is forgotten, and makes room for one more.
    limit.begin(HERE, 600.0)
    assert limit.wait_s(HERE, 600.0) == 5.0
    assert limit.wait_s(HERE, 605.0) == 0
