"""What the page says of a run."""

import csv
import io
import json

import pytest
from shared.image_trees import write_images

import famus_ext.__main__ as program
from famus_ext.engine.phases import Phase

from .conftest import write_report
from .made_up_run import EPOCHS, config, write_run

HOSTILE = '"><img src=x onerror=alert(1)>'


def rows(table):
    return list(csv.DictReader(io.StringIO(table.read_text())))


def test_verdict_compares_with_plain_training(tmp_path, report):
    page, printed = report(write_run(tmp_path / "run", config(seeds=(0, 1))))
    sentence = (
        "MW-Net + FaMUS reaches 80.5 ± 0.7 % test accuracy after 3 epochs, 20.0 points more than plain cross-entropy "
        "(60.5 ± 0.7 %), better in 2 of 2 seeds."
    )
    assert sentence in page.text
    assert sentence in printed


def test_head_is_in_words(tmp_path, report):
    origin = {"command": "python -m famus_ext train", "commit": "0123456789abcdef", "versions": {"torch": "2.6"}}
    page, _ = report(write_run(tmp_path / "run", config(), origin=origin))
    for words in (
        "digits, 197 training images in 10 classes, 100 clean meta images, 1,500 test images",
        "60 % noise, symmetric, the true class included; 50.0 % of them are wrong",
        "about 2 layers, which FaMUS learns to choose",
        "torch 2.6, commit 0123456789ab",
        "SGD with learning rate 0.1",
    ):
        assert words in page.text


def test_folder_that_train_has_made_has_a_page(tmp_path, report):
    small = ["--num-test", "1500", "--device", "cpu", "--threads", "1", "--epochs", "1", "--sampler", "last"]
    assert program.main(["train", *small, "--out", str(tmp_path / "run")]) == 0
    page, printed = report(tmp_path / "run", "--top", 7)
    assert "L2R, last 1 reaches" in page.text
    assert "AUROC 0." in printed
    assert len(rows(tmp_path / "suspicious_seed0.csv")) == len(page.all("img")) == 7


def test_detection_is_on_the_page_and_in_the_terminal(tmp_path, report):
    page, printed = report(write_run(tmp_path / "run", config()))
    assert "AUROC 1.0000, wrong of the first 19: 100.0 %" in printed
    assert "Of the 19 labels that it trusts least 100.0 % are wrong, of all labels 49.7 %." in page.text
    assert "loss under plain training" in printed
    assert "1.0000" in page.text


def test_without_truth_nothing_is_claimed(tmp_path, report):
    page, printed = report(write_run(tmp_path / "run", config(), truth=False))
    assert "AUROC" not in page.text + printed
    assert "Nobody knows which labels are wrong" in page.text
    assert "truth" not in {cell.get("data-key") for cell in page.all("td")}


def test_where_no_label_is_wrong_none_is_found(tmp_path, report):
    run = write_run(tmp_path / "run", config())
    for table in run.glob("examples_*.csv"):
        found = rows(table)
        with table.open("w", newline="") as file:
            writer = csv.DictWriter(file, found[0])
            writer.writeheader()
            writer.writerows({**row, "wrong": 0} for row in found)
    page, printed = report(run)
    assert "AUROC" not in page.text + printed
    assert "these are the hardest examples rather than mistakes" in page.text
    assert "truth" not in {cell.get("data-key") for cell in page.all("td")}


def test_test_labels_that_nobody_vouches_for_are_said(tmp_path, report):
    write_images(tmp_path / "data", [f"{name}/{at}.png" for name in "ab" for at in range(8)])
    options = config(
        dataset="folder", data_path=str(tmp_path / "data"), image_size=8, num_meta=2, num_test=4, meta_set="given"
    )
    page, printed = report(write_run(tmp_path / "run", options, truth=False))
    assert "Test labels are as they were found, so these accuracies count their mistakes." in printed
    assert "4 test images with labels as they were found" in page.text
    assert "as they were found, so" not in report(write_run(tmp_path / "digits", config()))[1]


def test_pages_side_by_side_have_tables_of_their_own(tmp_path):
    for name in ("one", "two"):
        write_report(write_run(tmp_path / name, config("ce")), tmp_path / f"{name}.html")
    assert {table.name for table in tmp_path.glob("*.csv")} == {
        f"{name}_suspicious_seed0.csv" for name in ("one", "two")
    }


def test_running_experiment_shows_what_there_is(tmp_path, report):
    run = write_run(tmp_path / "run", config(), epochs=2, finished=False)
    page, printed = report(run)
    assert f"Not finished (2 of {EPOCHS} epochs): MW-Net + FaMUS reaches 70.0 %" in page.text
    assert "come when a run is finished" in printed
    assert not page.all("img")
    assert not (tmp_path / "suspicious_seed0.csv").exists()


def test_experiment_without_an_epoch_has_a_page(tmp_path, report):
    page, _ = report(write_run(tmp_path / "run", config(), epochs=0, finished=False))
    assert "No epoch of MW-Net + FaMUS has been trained yet." in page.text


def test_names_are_text_and_nothing_else(tmp_path, report):
    data = tmp_path / "data"
    write_images(data, [f"{name}/{HOSTILE}{at}.png" for name in ("a", HOSTILE) for at in range(8)])
    options = config(dataset="folder", data_path=str(data), image_size=8, num_meta=2, num_test=4, meta_set="given")
    page, _ = report(write_run(tmp_path / "run", options, truth=False, origin={"command": f"<script>{HOSTILE}"}))
    assert len(page.all("script")) == 1
    assert all(image["src"].startswith("data:image/") and "onerror" not in image for image in page.all("img"))
    assert f"given {HOSTILE}" in page.text
    names = [row["name"] for row in rows(tmp_path / "suspicious_seed0.csv")]
    assert sorted(names) == sorted(cell["data-value"] for cell in page.all("td") if cell.get("data-key") == "id")
    assert all(HOSTILE in name for name in names)


def test_images_that_are_gone_are_said(tmp_path, report):
    data = tmp_path / "data"
    write_images(data, [f"{name}/{at}.png" for name in "ab" for at in range(8)])
    options = config(dataset="folder", data_path=str(data), image_size=8, num_meta=2, num_test=4, meta_set="given")
    run = write_run(tmp_path / "run", options, truth=False)
    moved = data.rename(tmp_path / "moved")
    page, printed = report(run)
    assert "The images cannot be read" in page.text
    assert "The images cannot be read" in printed
    assert page.text.count("no image") == len(page.all("tr")) - 4  # of the gallery's and the table of costs' heads
    page, _ = report(run, "--data-path", moved)
    assert len(page.all("img")) == 10


def test_images_that_were_sorted_since_are_those_that_are_left(tmp_path, report):
    """One is moved to another class, as a reader of the page would."""
    data = tmp_path / "data"
    write_images(data, [f"{name}/{at}.png" for name in "ab" for at in range(8)])
    options = config(dataset="folder", data_path=str(data), image_size=8, num_meta=2, num_test=4, meta_set="given")
    run = write_run(tmp_path / "run", options, truth=False)
    trained = [row["name"] for row in rows(run / "examples_mwnet_seed0.csv")]
    (data / trained[0]).rename(data / "b" / "moved.png")
    page, printed = report(run)
    assert "1 of the images are no more, for the data are no longer those that the run trained on" in printed
    assert len(page.all("img")) == len(trained) - 1
    assert "given a " in page.text
    (data / "a").rename(data / "c")
    page, _ = report(run)
    assert "given 0 " in page.text
    assert "given a " not in page.text


def test_data_without_names_are_left_out_where_they_are_others(tmp_path, report):
    run = write_run(tmp_path / "run", config())
    table = run / "examples_mwnet_seed0.csv"
    first, *rest = table.read_text().splitlines()
    table.write_text("\n".join([first, *reversed(rest)]) + "\n")
    assert "The images are left out" in report(run)[1]


def test_phases_are_shares_of_the_time_where_they_were_measured(tmp_path, report):
    run = write_run(tmp_path / "run", config())
    assert "What a meta step spends its time on" not in report(run)[0].text
    seconds = dict.fromkeys((phase.value for phase in Phase), 0.0)
    (run / "phases.json").write_text(json.dumps({**seconds, "pushforward": 3.0, "gates": 1.0}))
    assert "gates 25.0 % pushforward 75.0 %" in report(run)[0].text


def test_seed_is_chosen_and_top_counts(tmp_path, report):
    run = write_run(tmp_path / "run", config(seeds=(3, 5)))
    page, _ = report(run, "--seed", 5, "--top", 4)
    assert "The 4 of 197 training examples whose given labels are trusted least, of seed 5." in page.text
    assert len(rows(tmp_path / "suspicious_seed5.csv")) == 4


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--seed", "7"], 2, "--seed: expected one of 0, as the run has, got 7"),
        (["--top", "0"], 2, "--top: expected"),
        (["--out", "{run}/metrics.jsonl/x.html"], 1, "cannot be written: Not a directory; --out FILE.html"),
    ],
)
def test_bad_options(arguments, code, message, tmp_path, capsys):
    run = write_run(tmp_path / "run", config())
    assert program.main(["report", str(run), *(argument.format(run=run) for argument in arguments)]) == code
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("metrics.jsonl", "{\n"),
        ("config.json", "[]"),
        ("origin.json", ""),
        ("layers.json", "{}"),
        ("phases.json", "{}"),
        ("examples_mwnet_seed0.csv", "index,weight\n1,x\n"),
        ("examples_ce_seed0.csv", ""),
    ],
)
def test_damaged_file_gives_one_line(file, content, tmp_path, capsys):
    run = write_run(tmp_path / "run", config())
    (run / file).write_text(content)
    assert program.main(["report", str(run)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert file in line
    assert not (run / "report.html").exists()


def test_folder_without_an_experiment(tmp_path, capsys):
    assert program.main(["report", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert "no experiment" in error
    assert "damaged" not in error
