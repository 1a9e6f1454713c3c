"""Image files of other kinds than one thinks."""

from PIL import Image

from famus_ext.data.sets.registry import load

from .trees import inspected, picture, said

ORIENTATION = 0x0112


def test_a_rotation_that_is_only_noted_is_found(tree):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    picture(900).save(tree / "train" / "ant" / "phone.jpg", exif=exif)
    text = said(inspected(tree))
    assert "1 image rotated by their EXIF orientation alone, train/ant/phone.jpg" in text
    assert "Rotate the pixels themselves" in text


def test_several_kinds_are_remarked(tree):
    for mode in ("L", "RGBA", "CMYK"):
        suffix = "tif" if mode == "CMYK" else "png"
        picture(901, (4 * len(mode), 40)).convert(mode).save(tree / "train" / "ant" / f"{mode}.{suffix}")
    found = inspected(tree)
    assert found.problems == ()
    assert found.sets.files == (
        "4 to 16 wide, 8 to 40 high pixels; 51 colour, 1 CMYK, 1 grey, 1 colour with transparency"
    )
    (finding,) = (finding for finding in found.findings if finding.problem.startswith("images of 4 kinds"))
    assert "Look whether the kind goes with the class" in finding.remedy


def test_what_an_operating_system_leaves_is_not_read(tree):
    (tree / "train" / "ant" / "._0.png").write_bytes(b"Mac OS X")
    (tree / "train" / "ant" / "Thumbs.db").write_bytes(b"Windows")
    assert "train/ant/._0.png" not in load("folder", tree).train.names
    found = inspected(tree)
    assert found.problems == ()
    (finding,) = found.findings
    assert "2 files that macOS or Windows has left" in finding.problem
    assert finding.remedy == "Nothing need be done: they are not read."
