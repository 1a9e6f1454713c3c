"""What the image files are like: sizes, colours, and rotations that are only noted in them. Headers alone are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from famus_ext.data.files.images import THREADS
from famus_ext.data.finding import Finding, counted, remark, some

ORIENTATION = 0x0112  # EXIF's tag
UPRIGHT = 1
COLOURS = {
    "L": "grey",
    "I;16": "grey of 16 bits",
    "RGB": "colour",
    "RGBA": "colour with transparency",
    "CMYK": "CMYK",
    "P": "palette",
}


@dataclass(frozen=True)
class Pictures:
    """The image files of a data set.

    Attributes:
        sizes: Width and height -> how many.
        modes: Pillow's mode -> how many.
        rotated: Names of those that a viewer shows rotated or mirrored, by their EXIF orientation.
    """

    sizes: Counter[tuple[int, int]]
    modes: Counter[str]
    rotated: tuple[str, ...]

    @classmethod
    def of(cls, root: Path, names: Sequence[str]) -> Pictures:
        """The files that can be opened."""
        with ThreadPoolExecutor(THREADS) as threads:
            found = list(threads.map(lambda name: _header(root / name), names))
        known = [(name, one) for name, one in zip(names, found, strict=True) if one is not None]
        return cls(
            Counter(size for _, (size, _, _) in known),
            Counter(mode for _, (_, mode, _) in known),
            tuple(name for name, (_, _, orientation) in known if orientation != UPRIGHT),
        )

    def describe(self) -> str:
        """Sizes and colours in words."""
        if not self.sizes:
            return "none can be opened"
        widths, heights = zip(*self.sizes, strict=True)
        size = f"{widths[0]} x {heights[0]}"
        if len(self.sizes) > 1:
            size = f"{min(widths)} to {max(widths)} wide, {min(heights)} to {max(heights)} high"
        colours = ", ".join(f"{number:,} {COLOURS.get(mode, mode)}" for mode, number in self.modes.most_common())
        return f"{size} pixels; {colours}"

    def findings(self, size: int) -> list[Finding]:
        """What should be known of them.

        Args:
            size: Pixels a side that the network gets.
        """
        findings = []
        if self.rotated:
            findings.append(
                Finding(
                    f"{counted(len(self.rotated), 'image')} rotated by their EXIF orientation alone, "
                    f"{some(self.rotated)}; the network sees them unrotated, as torchvision reads them",
                    "Rotate the pixels themselves: `exiftran -ai FILE`, or ImageMagick's `mogrify -auto-orient FILE`.",
                )
            )
        if len(self.modes) > 1:
            findings.append(
                remark(
                    f"images of {len(self.modes)} kinds, {', '.join(COLOURS.get(mode, mode) for mode in self.modes)}, "
                    "are all taken as red, green and blue",
                    "Look whether the kind goes with the class: a network would learn that.",
                )
            )
        small = sum(number for sides, number in self.sizes.items() if 2 * min(sides) < size)
        if small:
            findings.append(
                remark(
                    f"{counted(small, 'image')} less than half of the {size} pixels that the network gets",
                    "Take a smaller --image-size.",
                )
            )
        return findings


def _header(path: Path) -> tuple[tuple[int, int], str, int] | None:
    """Size, mode and orientation; None for a file that cannot be opened."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            return image.size, image.mode, int(image.getexif().get(ORIENTATION, UPRIGHT))
    except (OSError, SyntaxError, ValueError, TypeError, Image.DecompressionBombError):
        return None
