"""Makes the emoji atlas anew: `python -m desktop_chat.theme.emoji_atlas_maker FONT EMOJI_TEST`.

FONT is NotoColorEmoji.ttf (bitmaps of 109 pixels), EMOJI_TEST is Unicode's emoji-test.txt. Only
for whoever updates the atlas; the window reads what this wrote.
"""

import sys
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from desktop_chat.theme.emoji_atlas import ATLAS_FOLDER, TILE_PIXELS, TILES_PER_ROW

_BITMAP_PIXELS: Final = 109
_CANVAS: Final = (136, 128)
_PICTURE_SIGN: Final = "\ufe0f"
_TONES: Final = frozenset(map(chr, range(0x1F3FB, 0x1F400)))


def sequences(emoji_test: str) -> list[str]:
    """Every fully qualified emoji; of those with a skin tone only the ones of a single sign.

    Couples and professions in every tone would make the atlas three times as large; they are
    shown without a tone.
    """
    found = []
    for line in emoji_test.splitlines():
        codes, separator, rest = line.partition(";")
        if not separator or not rest.strip().startswith("fully-qualified"):
            continue
        sequence = "".join(chr(int(code, 16)) for code in codes.split())
        bare = sequence.replace(_PICTURE_SIGN, "")
        if not _TONES & set(bare) or len(bare) == 2:
            found.append(sequence)
    return found


def draw_atlas(font: ImageFont.FreeTypeFont, wanted: list[str]) -> Image.Image:
    """The tiles in rows."""
    rows = -(-len(wanted) // TILES_PER_ROW)
    atlas = Image.new("RGBA", (TILES_PER_ROW * TILE_PIXELS, rows * TILE_PIXELS))
    for number, sequence in enumerate(wanted):
        tile = Image.new("RGBA", _CANVAS)
        ImageDraw.Draw(tile).text((0, 0), sequence, font=font, embedded_color=True)
        box = tile.getbbox() or (0, 0, *_CANVAS)
        tile = _square(tile.crop(box)).resize((TILE_PIXELS, TILE_PIXELS), Image.Resampling.LANCZOS)
        place = (number % TILES_PER_ROW * TILE_PIXELS, number // TILES_PER_ROW * TILE_PIXELS)
        atlas.paste(tile, place)
    return atlas.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)


def _square(picture: Image.Image) -> Image.Image:
    side = max(*picture.size, _CANVAS[1])
    square = Image.new("RGBA", (side, side))
    square.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
    return square


def main(arguments: list[str]) -> int:
    """Write atlas and index into the package."""
    font_path, test_path = map(Path, arguments)
    wanted = sequences(test_path.read_text(encoding="utf-8"))
    font = ImageFont.truetype(str(font_path), _BITMAP_PIXELS, layout_engine=ImageFont.Layout.RAQM)
    draw_atlas(font, wanted).save(ATLAS_FOLDER / "atlas.png", optimize=True)
    index = "\n".join(sequence.replace(_PICTURE_SIGN, "") for sequence in wanted) + "\n"
    (ATLAS_FOLDER / "index.txt").write_text(index, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
