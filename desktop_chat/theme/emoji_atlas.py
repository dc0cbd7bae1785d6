"""Pictures of emoji from one atlas, so that they look the same everywhere and need no font.

The atlas (Noto Emoji, OFL; its notice lies beside it) holds tiles in rows; the index names their
sequences in order, one a line, without the picture sign U+FE0F.
"""

from functools import cached_property
from pathlib import Path
from typing import Final

from PIL import Image

ATLAS_FOLDER: Final = Path(__file__).parent / "emoji"
TILE_PIXELS: Final = 40
TILES_PER_ROW: Final = 48
_PICTURE_SIGN: Final = "\ufe0f"


class EmojiAtlas:
    """The shipped emoji. The picture is read when the first emoji is drawn."""

    def __init__(self, folder: Path = ATLAS_FOLDER) -> None:
        self._folder = folder

    def __contains__(self, cluster: str) -> bool:
        return cluster.replace(_PICTURE_SIGN, "") in self._tiles

    def picture(self, cluster: str, size: int) -> Image.Image:
        """The emoji as a square of this size, clear around it."""
        number = self._tiles[cluster.replace(_PICTURE_SIGN, "")]
        left = number % TILES_PER_ROW * TILE_PIXELS
        top = number // TILES_PER_ROW * TILE_PIXELS
        tile = self._sheet.crop((left, top, left + TILE_PIXELS, top + TILE_PIXELS)).convert("RGBA")
        return tile.resize((size, size), Image.Resampling.LANCZOS)

    @cached_property
    def _tiles(self) -> dict[str, int]:
        index = (self._folder / "index.txt").read_text(encoding="utf-8")
        return {sequence: number for number, sequence in enumerate(index.split())}

    @cached_property
    def _sheet(self) -> Image.Image:
        with Image.open(self._folder / "atlas.png") as sheet:
            sheet.load()
            return sheet
