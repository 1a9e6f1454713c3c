"""What is wrong with a data set's images: unreadable ones, copies, and copies across training, meta and test set."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import combinations

from famus_ext.data.files.images import THREADS, ImageError, read_image
from famus_ext.data.labelled_files import LabelledFiles
from famus_ext.data.labelled_images import LabelledImages
from famus_ext.data.labelled_set import LabelledSet
from famus_ext.data.source import Source

SHOWN = 3  # names that a line gives as examples


@dataclass(frozen=True)
class SetReport:
    """One set.

    Attributes:
        images: N, as listed.
        published: N as its authors have it; None where that is not known.
        empty_classes: Classes without an image.
        unreadable: Names of the images that are missing or cannot be decoded.
        repeated_names: Images beyond the first of each name.
        copies: Images beyond the first of each content.
        contradictions: Contents that are listed under more than one label.
        contradiction_examples: The images of some of them, those of one content joined by "=".
    """

    images: int
    published: int | None
    empty_classes: int
    unreadable: tuple[str, ...]
    repeated_names: int
    copies: int
    contradictions: int
    contradiction_examples: tuple[str, ...] = ()

    def lines(self, name: str) -> list[str]:
        """What there is to say."""
        other = "" if self.published in (None, self.images) else f", published are {self.published}"
        lines = [f"{name}: {self.images} images{other}"]
        counts = {
            "classes without an image": self.empty_classes,
            "names listed more than once": self.repeated_names,
            "copies of another image": self.copies,
            "images listed under more than one label": self.contradictions,
        }
        if self.unreadable:
            examples = ", ".join(self.unreadable[:SHOWN])
            lines.append(f"{name}: {len(self.unreadable)} unreadable images, {examples} say")
        return lines + [f"{name}: {count} {what}" for what, count in counts.items() if count]


@dataclass(frozen=True)
class DataReport:
    """A data set.

    Attributes:
        sets: Train, and meta and test where they are published.
        shared_names: Images that two sets list under the same name, by the names of the sets.
        shared_contents: Images of which two sets hold copies.
        shared_examples: Some of those, one set's image and the other's joined by "=".
    """

    sets: Mapping[str, SetReport]
    shared_names: Mapping[tuple[str, str], int]
    shared_contents: Mapping[tuple[str, str], int]
    shared_examples: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)

    @property
    def is_clean(self) -> bool:
        """Whether there is nothing to report beyond the sizes."""
        reports = self.sets.values()
        sizes_fit = all(report.published in (None, report.images) for report in reports)
        return sizes_fit and len(self.lines()) == len(self.sets)

    def lines(self) -> list[str]:
        """The report, a line a finding."""
        lines = [line for name, report in self.sets.items() for line in report.lines(name)]
        for shared, what in ((self.shared_names, "names"), (self.shared_contents, "equal images")):
            lines += [f"{one} and {other}: {count} {what} in both" for (one, other), count in shared.items() if count]
        return lines


def check_source(source: Source, sizes: tuple[int, int] | None = None) -> DataReport:
    """Reads every image of a data set and compares them.

    Labels out of range are no part of it: sets with such labels cannot be made.

    Args:
        source: The data set.
        sizes: Published numbers of training and test images.
    """
    sets = {"train": source.train, "meta": source.meta, "test": source.test}
    published = {"train": sizes[0], "test": sizes[1]} if sizes else {}
    there = {name: images for name, images in sets.items() if images is not None}
    contents = {name: _contents(images) for name, images in there.items()}
    pairs = list(combinations(there, 2))
    return DataReport(
        {name: _report(images, contents[name], published.get(name)) for name, images in there.items()},
        shared_names(there),
        {(one, other): len(set(contents[one]) & set(contents[other]) - {None}) for one, other in pairs},
        {(one, other): _pairs(there[one], contents[one], there[other], contents[other]) for one, other in pairs},
    )


def shared_names(sets: Mapping[str, LabelledSet]) -> dict[tuple[str, str], int]:
    """How many images each two of the sets list under the same name; no image is read."""
    paths = {name: _paths(images) for name, images in sets.items()}
    return {(one, other): len(paths[one] & paths[other]) for one, other in combinations(sets, 2)}


def _report(images: LabelledSet, contents: list[str | None], published: int | None) -> SetReport:
    """The report on one set, whose images have these contents, None for one that cannot be read."""
    known = [content for content in contents if content is not None]
    labelled = {
        (content, label) for content, label in zip(contents, images.labels.tolist(), strict=True) if content is not None
    }
    several = Counter(content for content, _ in labelled)
    names = images.names or ()
    return SetReport(
        images=len(images),
        published=published,
        empty_classes=int((images.class_sizes == 0).sum()),
        unreadable=tuple(name for name, content in zip(names, contents, strict=bool(names)) if content is None),
        repeated_names=len(names) - len(set(names)),
        copies=len(known) - len(set(known)),
        contradictions=sum(count > 1 for count in several.values()),
        contradiction_examples=_groups(images, contents, [content for content, n in several.items() if n > 1]),
    )


def _groups(images: LabelledSet, contents: list[str | None], shown: list[str]) -> tuple[str, ...]:
    """The images of some contents, with their labels."""
    members: dict[str, list[str]] = {content: [] for content in shown[:SHOWN]}
    for position, content in enumerate(contents):
        if content in members:
            members[content].append(f"{_name(images, position)} (class {int(images.labels[position])})")
    return tuple(" = ".join(names) for names in members.values())


def _pairs(
    one: LabelledSet, contents: list[str | None], other: LabelledSet, other_contents: list[str | None]
) -> tuple[str, ...]:
    """The first images of which two sets hold copies."""
    place = {content: position for position, content in enumerate(other_contents) if content is not None}
    shared = [(position, place[content]) for position, content in enumerate(contents) if content in place]
    return tuple(f"{_name(one, here)} = {_name(other, there)}" for here, there in shared[:SHOWN])


def _name(images: LabelledSet, position: int) -> str:
    """What an image is called in a report."""
    return f"number {position}" if images.names is None else images.names[position]


def _contents(images: LabelledSet) -> list[str | None]:
    """A digest of every image, of its file where it has one; None for one that cannot be read."""
    if isinstance(images, LabelledImages):
        return [_digest(image.tobytes()) for image in images.images.cpu().numpy()]
    if not isinstance(images, LabelledFiles):
        raise TypeError(f"images: expected LabelledImages or LabelledFiles, got {type(images).__name__}")
    root = images.root

    def read(name: str) -> str | None:
        try:
            read_image(root / name)
        except ImageError:
            return None
        return _digest((root / name).read_bytes())

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(read, images.names))


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _paths(images: LabelledSet) -> set[str]:
    """Where the images lie, for comparison with another set; none for images without names."""
    root = str(images.root) if isinstance(images, LabelledFiles) else ""
    return {f"{root}/{name}" for name in images.names or ()}
