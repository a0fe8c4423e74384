"""Texts as whole numbers: nothing is lost, and what is held out is the end."""

import pytest
import torch

from genlab.data.text import help_pages, text, windows


def test_the_help_pages_are_there_and_cut_in_two():
    lines = text()
    assert lines.decode(torch.cat([lines.train, lines.test])) == help_pages()
    assert len(lines.test) == round(0.1 * len(help_pages()))
    assert len(help_pages()) > 100_000 and "lambda" in help_pages()
    assert lines.train.dtype == torch.int64 and int(lines.train.max()) < len(lines.alphabet)


def test_a_file_of_ones_own(tmp_path):
    path = tmp_path / "poem.txt"
    content = "Näh ist und schwer zu fassen.\n" * 50
    path.write_text(content, encoding="utf-8")
    lines = text(path, held_out=0.25)
    assert lines.decode(lines.train) + lines.decode(lines.test) == content
    assert len(lines.test) == len(content) // 4
    assert lines.alphabet == "".join(sorted(set(content)))


def test_characters_become_places_and_come_back():
    lines = text()
    assert lines.decode(lines.encode("def f(x):\n")) == "def f(x):\n"
    assert lines.encode("").shape == (0,)
    with pytest.raises(ValueError, match="the text has no '☃'"):
        lines.encode("snow ☃ man")


def test_texts_too_short_to_learn_from_are_refused(tmp_path):
    path = tmp_path / "short.txt"
    path.write_text("short")
    with pytest.raises(ValueError, match="has 5 characters"):
        text(path)
    with pytest.raises(ValueError, match="held_out must lie"):
        text(held_out=1)


def test_windows_are_all_stretches_of_a_length():
    tokens = torch.arange(10)
    assert windows(tokens, 4).tolist() == [list(range(i, i + 4)) for i in range(7)]
    assert windows(tokens, 4, step=3).tolist() == [[0, 1, 2, 3], [3, 4, 5, 6], [6, 7, 8, 9]]
    with pytest.raises(ValueError, match="length must lie between 1 and the 10"):
        windows(tokens, 11)
