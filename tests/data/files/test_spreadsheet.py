"""Tables in the encodings and with the separators that spreadsheets and scripts write."""

import pytest

from famus_ext.data.files.spreadsheet import read_rows
from famus_ext.data.files.tables import Row, read_table
from famus_ext.data.finding import DataError

ROWS = [Row("Café/a, b.jpg", "0"), Row("c.jpg", "1")]
COMMAS = 'path,label\n"Café/a, b.jpg",0\nc.jpg,1\n'
TEXTS = {
    "commas": COMMAS,
    "no title": COMMAS.partition("\n")[2],
    "lines of Windows": COMMAS.replace("\n", "\r\n"),
    "lines of old Macs": COMMAS.replace("\n", "\r"),
    "semicolons": "path;label\nCafé/a, b.jpg;0\nc.jpg;1\n",
    "semicolons and no title": "Café/a, b.jpg;0\nc.jpg;1\n",
    "tabs": "path\tlabel\nCafé/a, b.jpg\t0\nc.jpg\t1\n",
    "blanks and rows of nothing": '\nPath , Label\n"Café/a, b.jpg", 0\n,\n\nc.jpg ,1\n',
    "the numbers of pandas": ',path,label\n0,"Café/a, b.jpg",0\n1,c.jpg,1\n',
    "empty columns": "path;label;;\nCafé/a, b.jpg;0;;\nc.jpg;1;;\n",
    "quotes that commas would cut": '"Café/a, b.jpg";"0"\n"c.jpg";"1"\n',
    "Excel's own line": "sep=;\r\npath;label\r\nCafé/a, b.jpg;0\r\nc.jpg;1\r\n",
}


def written(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "images.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("text", TEXTS)
def test_a_table_is_read(tmp_path, text, encoding):
    assert read_table(written(tmp_path, TEXTS[text], encoding)) == ROWS


def test_rows_have_the_numbers_of_their_lines(tmp_path):
    rows = read_rows(written(tmp_path, 'path,label\n\n"a\nb.jpg",0\nc.jpg,1\n'), {"path", "label"})
    assert [row.number for row in rows] == [1, 4, 5]


@pytest.mark.parametrize(
    ("text", "encoding", "message"),
    [
        (COMMAS, "latin-1", r"is not in UTF-8, from line 2 on, which reads .*Café/a, b.*cp1252.*iconv -f cp1252"),
        (COMMAS, "utf-16-le", "is not in UTF-8, from line 2 on"),
        (COMMAS.replace("é", "e"), "utf-16-le", 'holds null bytes.*"CSV UTF-8" in a spreadsheet'),
        ('a.jpg,"0', "utf-8", "is no CSV file from line 1 on: unexpected end of data. Close its quotes"),
        ('a.jpg,0\nb.jpg,"1\nc.jpg,0\n', "utf-8", "is no CSV file from line 2 on: unexpected end of data"),
        ("a.jpg 0\nb.jpg 1\n", "utf-8", "has one column, its first row is 'a.jpg 0'. Separate path and label"),
    ],
)
def test_other_bytes_are_refused(tmp_path, text, encoding, message):
    with pytest.raises(DataError, match=message):
        read_table(written(tmp_path, text, encoding))


def test_damaged_utf_16_is_refused(tmp_path):
    (tmp_path / "images.csv").write_bytes(b"\xff\xfea")
    with pytest.raises(DataError, match="is UTF-16 by its first bytes, and damaged"):
        read_table(tmp_path / "images.csv")
