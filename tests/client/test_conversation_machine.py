"""Whatever happens on the way, every draft is stored once and in order, and every message is given once."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from server.client.notices import Connected, Disconnected
from server.client.settings import ConversationSettings
from server.protocol import events, requests
from tests.client.scripted_pair import ADDRESSES, IDENTITY, Wire, draft

names = st.sampled_from(["a", "b"])


class ConversationMachine(RuleBasedStateMachine):
    """Two servers that die, return, fill up and hang; a wire that is cut between any two frames."""

    @initialize(first=names, window=st.integers(1, 5), has_standby=st.booleans())
    def begin(self, first: str, window: int, has_standby: bool) -> None:
        second = "b" if first == "a" else "a"
        settings = ConversationSettings(window=window, has_standby=has_standby)
        self.wire = Wire(addresses=(ADDRESSES[first], ADDRESSES[second]), settings=settings)
        self.counter = 0
        self.posted = 0
        self.wire.connect()

    @rule(count=st.integers(1, 6))
    def write(self, count: int) -> None:
        drafts = [draft(self.counter + offset) for offset in range(1, count + 1)]
        self.counter += count
        self.wire.conversation.send(drafts, self.wire.now)

    @rule()
    def somebody_else_writes(self) -> None:
        if any(server.is_up for server in self.wire.pair.servers.values()):
            self.posted += 1
            self.wire.post(self.posted)

    @rule(count=st.integers(1, 12))
    def carry_out(self, count: int) -> None:
        for _ in range(count):
            self.wire.carry_one_out()

    @rule(count=st.integers(1, 12))
    def carry_in(self, count: int) -> None:
        for _ in range(count):
            self.wire.carry_one_in()

    @rule(name=names)
    def kill(self, name: str) -> None:
        self.wire.kill(name)

    @rule(name=names)
    def restart(self, name: str) -> None:
        self.wire.restart(name)

    @rule(name=names)
    def cut_the_links(self, name: str) -> None:
        self.wire.kill(name)
        self.wire.restart(name)

    @rule(name=names)
    def stop_politely(self, name: str) -> None:
        other = self.wire.pair.other_of(name)
        for side in self.wire.pair.servers[name].sides.values():
            side.tell(events.Goodbye(code="shutting_down", address=ADDRESSES[other.name]))

    @rule(name=names)
    def stop_the_process(self, name: str) -> None:
        self.wire.pair.servers[name].is_stopped = self.wire.pair.servers[name].is_up

    @rule(name=names)
    def let_the_process_go_on(self, name: str) -> None:
        self.wire.pair.servers[name].go_on()

    @rule(name=names)
    def run_out_of_disk(self, name: str) -> None:
        self.wire.pair.servers[name].refusals = {requests.Send: ("disk_full", {})}

    @rule(name=names)
    def find_disk_again(self, name: str) -> None:
        # What is in flight is refused: a server does not take the second of two after refusing the first.
        self.wire.settle()
        self.wire.pair.servers[name].refusals = {}

    @rule(others_at_a=st.integers(0, 3), others_at_b=st.integers(0, 3))
    def fill_up(self, others_at_a: int, others_at_b: int) -> None:
        self.wire.pair.users_max = 3
        self.wire.pair.others = {"a": others_at_a, "b": others_at_b}

    @rule(seconds=st.floats(0.0, 60.0))
    def wait(self, seconds: float) -> None:
        self.wire.wait(seconds)

    @precondition(lambda self: hasattr(self, "wire"))
    @invariant()
    def at_most_one_link_leads_and_one_stands_by(self) -> None:
        links = [link for link in self.wire.conversation._links if link.is_leading]
        assert len(links) <= 1
        assert len(self.wire.conversation._links) <= 2

    def teardown(self) -> None:
        if not hasattr(self, "wire"):
            return
        wire = self.wire
        for server in wire.pair.servers.values():
            server.is_up = True
            server.go_on()
        wire.settle()
        for server in wire.pair.servers.values():
            server.refusals = {}
        wire.pair.users_max = 100
        wire.wait(200.0)
        mine = [kept.counter for kept in wire.pair.archive if kept.device == IDENTITY.device]
        assert mine == list(range(1, self.counter + 1))
        assert sorted(wire.stored()) == list(range(1, self.counter + 1))
        given = wire.arrived()
        archived = [(kept.device, kept.counter) for kept in wire.pair.archive]
        # A conversation begins at the end of the archive, wherever that was at the first sign-in.
        assert given == archived[len(archived) - len(given) :]
        assert wire.all_of(Connected)
        last = [notice for notice in wire.notices if isinstance(notice, Connected | Disconnected)][-1]
        assert isinstance(last, Connected)


TestConversationMachine = ConversationMachine.TestCase
TestConversationMachine.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
