"""Every threat that is known has a submission that tries it. A threat without one fails here."""

import re
from pathlib import Path

import pytest

from tests.grading.hostile import test_cheats, test_kernel, test_resources

GRADING = Path(__file__).parents[1]
TABLES = (test_kernel.ATTACKS, test_cheats.ATTACKS, test_resources.HOGS)
THREATS = {
    # broken but honest
    1: "an untouched release", 2: "no cells", 3: "not JSON", 4: "a byte order mark",
    5: "older formats and ids", 6: "odd JSON", 7: "metadata stripped", 8: "an answer twice",
    9: "an answer deleted", 10: "checks edited",
    11: "renamed", 12: "several notebooks", 13: "a text cell", 14: "a syntax error", 15: "hidden state",
    16: "magics and input", 17: "a long training loop", 18: "CUDA alone", 19: "right in another form",
    20: "warnings",
    # resources
    21: "an endless loop", 22: "a loop that ignores signals", 23: "memory", 24: "processes", 25: "threads",
    26: "output and results", 27: "the disk",
    28: "just under each limit", 29: "archives and file names",
    # cheats
    30: "patched comparisons", 31: "values that equal everything", 32: "claims", 33: "searching for answers",
    34: "the course's own code", 35: "public outputs", 36: "exits", 37: "forged messages", 38: "planting",
    39: "hooks and scripts", 40: "the network", 41: "pickles", 42: "state between items",
    # seen since
    44: "an older kernel", 45: "a header that is large", 46: "a notebook slow to read",
    51: "a second copy of the course", 53: "another tier",
}
HERE, MANGLED, ARCHIVES = "hostile", "mangled", "classes/test_archives.py"
RULE = "rules/test_rule_07_nothing_of_a_students_is_trusted_as_code.py"
# where a threat is met elsewhere than in a table of attacks: file and the beginning of a test's name
TESTS = {n: [(f"{MANGLED}/test_{'threats' if n < 14 else 'running'}.py", f"test_{n:02d}_")]
         for n in range(1, 20 + 1)} | {
    21: [(f"{HERE}/test_resources.py", "test_loops_cost"),
         (f"{HERE}/test_resources.py", "test_a_statement")],
    22: [(f"{HERE}/test_resources.py", "test_loops_cost")],
    28: [(f"{HERE}/test_resources.py", "test_the_time_of_all_items")],
    29: [(ARCHIVES, "test_a_harmful_entry"), (ARCHIVES, "test_a_bomb"),
         (RULE, "test_a_name_is_never_a_path")],
    34: [(f"{HERE}/test_borrowing.py", "test_the_courses_own"),
         (f"{HERE}/test_borrowing.py", "test_staff_hear")],
    37: [(f"{HERE}/test_wire.py", "test_in_place_of_values"),
         (f"{HERE}/test_wire.py", "test_in_place_of_a_report")],
    39: [(RULE, "test_nothing_is_shown_unescaped")],
    41: [(RULE, "test_a_pickle_in_a_frame")],
    42: [(f"{HERE}/test_borrowing.py", "test_nothing_is_carried")],
    44: [(f"{HERE}/test_older_kernels.py", "test_the_filter_stands_in")],
    45: [(f"{HERE}/test_wire.py", "test_the_longest_header"),
         (f"{HERE}/test_wire.py", "test_what_is_longer")],
    46: [(f"{HERE}/test_reading.py", "test_the_worst_notebook"),
         (f"{HERE}/test_reading.py", "test_the_largest")],
    51: [(f"{HERE}/test_second_copies.py", "test_a_copy_is_found"),
         (f"{HERE}/test_second_copies.py", "test_a_worker_finds_none")],
    53: [(f"{HERE}/test_tiers_agree.py", "test_odd_answers"),
         (f"{HERE}/test_tiers_agree.py", "test_attacks_on_its_own")],
}


def test_the_list_has_no_hole():
    assert [n for n in THREATS if n <= 42] == list(range(1, 42 + 1))
    assert {a.line for table in TABLES for a in table.values()} <= set(THREATS)


@pytest.mark.parametrize("line", THREATS, ids=THREATS.get)
def test_a_threat_has_a_test(line):
    for file, name in TESTS.get(line, []):
        text = (GRADING / file).read_text(encoding="utf-8")
        assert re.search(rf"^def {name}", text, re.MULTILINE), f"{file} has no {name}"
    tried = [name for table in TABLES for name, attack in table.items() if attack.line == line]
    assert tried or TESTS.get(line), f"nothing tries {THREATS[line]}"
