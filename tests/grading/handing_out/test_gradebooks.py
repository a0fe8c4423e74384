"""Marks into the gradebooks of Blackboard and Brightspace, in the form that these document."""

import json

import pytest
from click.testing import CliRunner

from grading.report.gradebooks import blackboard, brightspace
from grading.report.moodle import moodle
from tests.grading.handing_out import records

BOARD = ('"Last Name","First Name",'
         '"Username","Student ID","Homework 1 [Total Pts: 16 Score] |12345"\r\n'
         '"Lovelace","Ada","a_l","007",""\r\n"Turing","Alan","at","8","3"\r\n')
SPACE = ('OrgDefinedId,'
         'Username,Last Name,First Name,Homework 1 Points Grade <Numeric MaxPoints:16 Weight:10>,'
         'End-of-Line Indicator\r\n#007,#a_l,Lovelace,Ada,,#\r\n#8,#at,Turing,Alan,3,#\r\n')


@pytest.mark.parametrize(("command", "table", "before", "after", "who"), [
    (blackboard, BOARD.encode(), '"007",""', '"007","5"', {"lms": "blackboard", "id": "a_l", "name": ""}),
    (blackboard, b"\xff\xfe" + BOARD.replace(",", "\t").encode("utf-16-le"), '"007"\t""', '"007"\t"5"',
     {"lms": "blackboard", "id": "a_l", "name": ""}),
    (brightspace, SPACE.encode(), "Ada,,#", "Ada,5,#",
     {"lms": "brightspace", "id": "481", "name": "Ada Lovelace"})])
def test_one_cell_is_filled(tmp_path, command, table, before, after, who):
    record = records.record("Ada Lovelace_481" if command is brightspace else "a_l", identity=who)
    (tmp_path / "marks/results").mkdir(parents=True)
    (tmp_path / "marks/results/a.json").write_text(json.dumps(record | {"points": 5}))
    (tmp_path / "in.csv").write_bytes(table)
    result = CliRunner().invoke(command, [str(tmp_path / "marks"), "--gradebook", str(tmp_path / "in.csv"),
                                          "--column", "Homework 1", "-o", str(tmp_path / "out.csv")])
    assert result.exit_code == 0, result.output
    code = "utf-16" if table[:2] == b"\xff\xfe" else "utf-8"
    assert (tmp_path / "out.csv").read_bytes().decode(code) == table.decode(code).replace(before, after)


def test_a_group_of_moodle_is_given_to_its_members(tmp_path):
    record = records.record("Group A_31", identity={"lms": "moodle", "id": "31", "name": "Group A"})
    (tmp_path / "marks/results").mkdir(parents=True)
    (tmp_path / "marks/results/a.json").write_text(json.dumps(record | {"points": 5}))
    head = "Identifier,Full name,Group,Grade,Maximum grade,Grade can be changed\n"
    rows = ("Participant 31,Ada L,Group A,{0},16,Yes\n"
            "Participant 32,Bo B,Group A,{0},16,Yes\nParticipant 33,C,Group B,,16,Yes\n")
    (tmp_path / "in.csv").write_text(head + rows.format(""))
    result = CliRunner().invoke(moodle, [str(tmp_path / "marks"), "--worksheet", str(tmp_path / "in.csv"),
                                         "-o", str(tmp_path / "out.csv")])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "out.csv").read_text() == head + rows.format("5")
