"""Fingerprints of certificates, as people read and write them: in words, in hex, and in a link."""

import base64
import binascii
import re
from typing import Final

FINGERPRINT_BYTES: Final = 32
# Twelve words are 96 bits: nobody finds another key that gives the same ones.
_WORDS_SHOWN: Final = 12

# One word a byte: short, common, told apart by their first four letters, also over a telephone.
_WORD_LIST: Final = """
acid actor agent album alien amber anchor angle apple april apron arrow artist aunt autumn avocado
bacon badge baker bamboo banana basket beach bear bell bench berry bicycle blanket boat bottle bread
bridge bronze brush bucket button cabin cactus cake camel candle canoe carpet castle cave cello
chain cheese cherry chief church circle clock cloud clover coast coffee comet copper coral cotton
cousin cradle crane cricket crown crystal curtain daisy dance desert diamond dinner doctor dolphin donkey
door dragon drawer dream drum duck eagle earth easter echo editor eight elbow elephant empty engine
evening fabric falcon farmer feather fence ferry fiddle finger fire fish flag flower flute forest fork
fossil fountain fox friend frog fruit galaxy garden garlic gate ghost giant ginger giraffe glass glove goat
gold goose grape guitar hammer harbor hat hazel heart helmet hero hill hockey honey horse hotel iceberg
ink insect iron island ivory jacket jaguar jelly jewel jungle juice kettle key kitchen kite knee knife
koala ladder lake lamp lemon letter library lion lizard lobster magnet mango maple marble market meadow
melon metal mirror monkey moon morning motor mountain mouse museum music nail needle nest night north nurse
oak ocean octopus olive onion orange orchid otter oven owl oyster paint palace panda paper parrot peach
pencil pepper piano picnic pilot pirate planet plum pocket poem potato prince puzzle queen rabbit radio
rain raven ribbon river robot rocket roof rose ruby saddle sail salad salt sandal school scissors seven
shadow ship shoe silver snow soap sofa spider spoon star storm summer tiger
"""
_WORDS: Final = tuple(_WORD_LIST.split())


def fingerprint_words(fingerprint: bytes) -> str:
    """The beginning of a fingerprint in twelve words, the same in every language."""
    return " ".join(_WORDS[byte] for byte in fingerprint[:_WORDS_SHOWN])


def fingerprint_hex(fingerprint: bytes) -> str:
    """All of it, in eight groups of eight digits."""
    return fingerprint.hex(" ", 4)


def fingerprint_text(fingerprint: bytes) -> str:
    """All of it in 43 characters without spaces (base64url), as in links and on command lines."""
    return base64.urlsafe_b64encode(fingerprint).decode().rstrip("=")


def parse_fingerprint(text: str) -> bytes | None:
    """Hex (with spaces, colons or neither) or base64url, of a whole fingerprint; None for anything else."""
    hex_digits = re.sub(r"[\s:]", "", text)
    if re.fullmatch(r"[0-9A-Fa-f]{64}", hex_digits):
        return bytes.fromhex(hex_digits)
    try:
        found = base64.b64decode(text.strip() + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    # The last character carries two spare bits: only one spelling of a fingerprint is right.
    return found if len(found) == FINGERPRINT_BYTES and fingerprint_text(found) == text.strip() else None
