"""Mistakes in a CSV file: each is found, with what to do."""

import pytest

from .trees import inspected, said, save

MORE = [f"{label}{number}.png,{label}" for number in range(4) for label in range(3)]


def shifted(rows, by):
    return [f"{path},{int(label) + by}" for path, label in (row.split(",") for row in rows)]


TABLES = {
    "labels from 1": (["path,label", *shifted(MORE, 1)], "no image has the label 0", "numbered from 0: subtract 1"),
    "a class that is never used": (
        ["path,label", *(row for row in MORE if not row.endswith(",1"))],
        "train: no image of class 1",
        "Add images of it to the training set",
    ),
    "empty": ([], "has no row of an image", "Expected: a first row path,label"),
    "title alone": (["path,label"], "has no row of an image", "Expected: a first row path,label"),
    "title again": (
        ["path,label", *MORE, "path,label"],
        "the title again in line 14",
        "Keep it in the first row alone",
    ),
    "empty label": (["path,label", *MORE, "00.png,"], "1 row without a path or a label", "Fill them in or take"),
    "image that is not there": (
        ["path,label", *MORE, "photos/nowhere.png,1"],
        "1 image not there, photos/nowhere.png",
        "Paths begin in the file's own folder",
    ),
    "columns of other names": (
        ["Filename,Class", *MORE],
        "its first row, Filename,Class, would be taken for an image",
        "Call the columns path,label.",
    ),
    "a column more": (
        ["path,label,width", *(f"{row},8" for row in MORE)],
        "expected the columns path,label, set and id if you like, got path,label,width",
        "Take the others out",
    ),
    "unlabelled images": (["path,label", *MORE, "00.png,-1"], "labels from 0 on", "Take the rows out that have no"),
    "one image, two labels, in the meta set": (
        ["path,label,set", *(f"{row},train" for row in MORE), "00.png,0,meta", "00.png,1,meta", "20.png,2,meta"],
        "00.png (class 0) = 00.png (class 1)",
        "Keep each under the label that is right",
    ),
}


@pytest.mark.parametrize("table", TABLES)
def test_a_mistake_is_found_with_what_to_do(tmp_path, table):
    rows, problem, remedy = TABLES[table]
    for place, row in enumerate(MORE):
        save(tmp_path / row.partition(",")[0], place)
    (tmp_path / "images.csv").write_text("".join(f"{row}\n" for row in rows))
    text = said(inspected(tmp_path / "images.csv", "csv", data={"meta_set": "given", "num_meta": 3, "num_test": 3}))
    assert problem in text
    assert remedy in text
