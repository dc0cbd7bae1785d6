"""Somebody who asks for things to be archived, one after the other, and hears all answers."""

from typing import Any

from server.protocol import events, requests
from tests.sessions.scene import Client, Scene, codes

ANSWERED: Any = events.Stored | events.Failed


class Asking:
    """A client with counters of its own."""

    def __init__(self, scene: Scene, client: Client) -> None:
        self.scene, self.client = scene, client
        self.counter = 0

    def ask(self, kind: type[requests.AnyRequest], **fields: Any) -> list[events.AnyEvent]:
        """Send it, have it committed as far as it gets there, and give all that is heard up to its answer."""
        self.counter += 1
        return self.client.ask_until(ANSWERED, kind, counter=self.counter, **fields)

    def say(self, text: str, **fields: Any) -> int:
        """A message; its counter."""
        found = self.ask(requests.Send, **{"room": "general", "text": text, "time_ms": 5, **fields})
        assert not codes(found)
        return self.counter

    def history(self) -> list[events.Message]:
        """The room as it is shown to somebody who comes now."""
        found = self.client.ask_until(events.HistoryPage, requests.History, room="general", limit=200)
        return pages(found)[0].messages


def pages(found: list[events.AnyEvent]) -> list[events.HistoryPage]:
    return [event for event in found if isinstance(event, events.HistoryPage)]


def coming(scene: Scene, name: str) -> Asking:
    """Somebody new, signed in."""
    client = scene.client()
    client.sign_in(name)
    return Asking(scene, client)


def of(who: Asking, counter: int) -> dict[str, Any]:
    """The message of this counter, as requests name it."""
    return {"device": who.client.device, "message": counter}
