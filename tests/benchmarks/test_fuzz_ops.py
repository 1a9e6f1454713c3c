import xml.etree.ElementTree as ElementTree

import pytest
from fuzz_ops import _row

REPORT = """<testcase classname="tests.ops.test_fuzz_layer_dots" name="test_fuzz[cpu]"><properties>
<property name="calls" value="2000" /><property name="tensors" value="4000" />
<property name="largest_share_of_tolerance" value="0.25" /></properties>{}</testcase>"""


@pytest.mark.parametrize(("inside", "passed"), [("", True), ("<failure />", False), ("<skipped />", False)])
def test_row_of_a_report(inside: str, passed: bool) -> None:
    row = {"op": "layer_dots", "passed": passed, "calls": 2000, "tensors": 4000, "largest_share_of_tolerance": 0.25}
    assert _row(ElementTree.fromstring(REPORT.format(inside))) == row
