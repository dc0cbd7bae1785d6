"""The list: all of all themes. What is added to a theme, or to the requests of the protocol, is in it."""

from typing import Final

from tests.conformance.bad_input import BadInput
from tests.conformance.fields import FIELDS
from tests.conformance.files import FILES
from tests.conformance.foreign_ids import FOREIGN_IDS
from tests.conformance.framing import FRAMING
from tests.conformance.json_text import JSON_TEXT
from tests.conformance.messages import MESSAGES
from tests.conformance.names import NAMES
from tests.conformance.proofs import PROOFS
from tests.conformance.rights import RIGHTS
from tests.conformance.searches import SEARCHES
from tests.conformance.states import STATES
from tests.conformance.utf8 import UTF8

# The order in which they are tried; who is thrown out of one is no trouble for the next.
BAD_INPUTS: Final[list[BadInput]] = [
    *FRAMING,
    *UTF8,
    *JSON_TEXT,
    *FIELDS,
    *STATES,
    *NAMES,
    *FOREIGN_IDS,
    *MESSAGES,
    *SEARCHES,
    *FILES,
    *PROOFS,
    *RIGHTS,
]
