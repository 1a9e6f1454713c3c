"""Mistakes in a folder of one's own images that can be read: images beside the classes, sets of other names."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from famus_ext.data.files.folders import images_in, subfolders
from famus_ext.data.files.images import IMAGE_SUFFIXES
from famus_ext.data.finding import Finding, counted, remark, some

SETS = ("train", "test", "val", "meta")
OTHER_NAMES = {
    "training": "train",
    "valid": "val",
    "validation": "val",
    "testing": "test",
    "eval": "test",
    "trusted": "meta",
    "clean": "meta",
}
"""What people call the sets -> what they are called here."""
JUNK = ("thumbs.db", "desktop.ini", ".ds_store")


def folder_findings(root: Path) -> list[Finding]:
    """What is wrong with the layout of an image folder, without reading an image.

    Args:
        root: `--data-path` of `--dataset folder`; a folder that is there.
    """
    train = root / "train" if (root / "train").is_dir() else root
    return [
        *_set_itself(root),
        *_named_otherwise(root, train),
        *_beside_the_classes(train),
        *_other_classes(root, train),
        *_left_out(root),
    ]


def _set_itself(root: Path) -> list[Finding]:
    """A set's folder where that of all sets belongs."""
    around = root.absolute().parent
    others = [name for name in subfolders(around) if name in SETS and name != root.name]
    if root.name not in SETS or not others:
        return []
    return [
        Finding(
            f"{root}: is one set of those in {around}; {some(others)} beside it are not read",
            f"Take them all: --data-path {around}.",
        )
    ]


def _named_otherwise(root: Path, train: Path) -> list[Finding]:
    """Folders that are called like sets, but not as they are called here."""
    if train == root:
        names = [name for name in subfolders(root) if name.lower() in (*SETS, *OTHER_NAMES)]
        if not names:
            return []
        return [
            Finding(
                f"{root}: {some(names)} would be taken for classes, since there is no folder train",
                "Call the sets train, test (or val) and meta, each with a folder a class.",
            )
        ]
    names = [name for name in subfolders(root) if name.lower() in OTHER_NAMES]
    return [
        Finding(
            f"{root / name}: is not read, since no set is called {name}",
            f"Call it {OTHER_NAMES[name.lower()]}, or leave it where it is if it is not meant to be read.",
        )
        for name in names
    ]


def _beside_the_classes(train: Path) -> list[Finding]:
    """Images that belong to no class."""
    images = images_in(train) if subfolders(train) else []
    if not images:
        return []
    return [
        Finding(
            f"{train}: {counted(len(images), 'image')} beside the classes' folders, {some(images)}, "
            "which will not be read",
            "Move each into the folder of its class.",
        )
    ]


def _other_classes(root: Path, train: Path) -> list[Finding]:
    """Classes of another set that training does not know; those that it lacks are counted with the images."""
    if train == root:
        return []
    known, findings = subfolders(train), []
    for name in SETS[1:]:
        for other in sorted(set(subfolders(root / name)) - set(known)):
            near = get_close_matches(other.casefold(), {one.casefold(): one for one in known}, n=1)
            meant = next((one for one in known if near and one.casefold() == near[0]), None)
            guess = f": call it {meant} if that is what it is" if meant else ""
            findings.append(
                Finding(
                    f"{root / name / other}: a class that {train.name} has not",
                    f"A class has the same folder name in every set{guess}, or take it away.",
                )
            )
    return findings


def _left_out(root: Path) -> list[Finding]:
    """Files that are no images by their names."""
    files = [file for file in root.rglob("*") if file.is_file()]
    junk = [file.name for file in files if file.name.startswith("._") or file.name.lower() in JUNK]
    others = [
        file.relative_to(root).as_posix()
        for file in files
        if file.suffix.lower() not in IMAGE_SUFFIXES and not _hidden(file.relative_to(root)) and file.name not in junk
    ]
    findings = []
    if junk:
        findings.append(
            remark(
                f"{root}: {counted(len(junk), 'file')} that macOS or Windows has left, {some(junk)}",
                "Nothing need be done: they are not read.",
            )
        )
    if others:
        findings.append(
            remark(
                f"{root}: {counted(len(others), 'file')} with no image's suffix, {some(others)}, are not read",
                f"Convert images among them to one of {', '.join(sorted(IMAGE_SUFFIXES))}.",
            )
        )
    return findings


def _hidden(path: Path) -> bool:
    """Whether a part of the path begins with a dot."""
    return any(part.startswith(".") for part in path.parts)
