"""What a file is if it is no notebook: one sentence for each kind, which says what to do instead.

Told from the content alone, since a name such as `10_vae.ipynb` can be given to anything.
"""

import json
import re
from typing import Any

_ITSELF = "Hand in the notebook itself (.ipynb)"
_OPENINGS = {  # of files that are not text
    b"%PDF": f"This is a PDF, which shows a notebook but cannot be run. {_ITSELF}.",
    b"\x1f\x8b": f"This is a compressed file (gzip). Unpack it. {_ITSELF}.",
    b"7z\xbc\xaf": f"This is a compressed file (7-Zip). Unpack it. {_ITSELF}.",
    b"Rar!": f"This is a compressed file (RAR). Unpack it. {_ITSELF}.",
    b"BZh": f"This is a compressed file (bzip2). Unpack it. {_ITSELF}.",
    b"\xfd7zXZ": f"This is a compressed file (xz). Unpack it. {_ITSELF}.",
    b"\xd0\xcf\x11\xe0": f"This is a document of an old Office program. {_ITSELF}, not a copy of its text.",
    b"{\\rtf": f"This is a formatted text (RTF), as TextEdit and WordPad save it. {_ITSELF}, which "
               "Jupyter, VS Code or Colab have saved.",
    b"bplist": f"This is a web archive or a settings file of a Mac. {_ITSELF}.",
    b"SQLite format 3": f"This is a database (SQLite). {_ITSELF}.",
    **dict.fromkeys((b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x00\x00\x00\x18ftyp", b"\x00\x00\x00\x24ftyp"),
                    f"This is a picture. {_ITSELF}, not a photograph or a screenshot of it."),
}
_INSIDE_ZIPS = {  # names that stand uncompressed in such files
    b"word/": f"This is a Word document. {_ITSELF}, not a copy of its text.",
    b"xl/": f"This is a spreadsheet (Excel). {_ITSELF}.",
    b"ppt/": f"These are slides (PowerPoint). {_ITSELF}.",
    b"mimetypeapplication/vnd.oasis": f"This is a document of LibreOffice. {_ITSELF}.",
    b"/data.pkl": f"These are a model's weights, as torch.save writes them. {_ITSELF}.",
    b".npy": f"These are arrays, as NumPy saves them. {_ITSELF}.",
}
_ZIP = "This is a zip archive under another name. Unpack it and hand in the notebook that it holds (.ipynb)."
_ZEROS = ("The file holds nothing but zeros: saving or copying it broke off. "
          "Save the notebook again, open it once to see that it is whole, and hand it in.")
_BINARY = f"The file is neither a notebook nor a text, and of no kind that is known here. {_ITSELF}."
_DRIVE = ("This is only a shortcut to a file in Google Drive or Colab. Open that notebook in Colab, choose "
          "File > Download > Download .ipynb, and hand in what you get.")
_WHOLE = "open it once to see that it is whole, and hand it in."
_CONFLICT = ("The file holds the marks of a merge conflict (<<<<<<< and >>>>>>>), first in line "
             "{line}. Let git "
             f"give you one whole version of the notebook (git checkout --ours or --theirs), {_WHOLE}")
_HTML = (  # a pattern in the page, and what the page then is
    (r"jp-Notebook|jp-Cell|jupyter_notebook|class=\"notebook|nbconvert",
     f"This is a notebook saved as a web page (HTML), which cannot be run. {_ITSELF}."),
    (r"(?i)\A(?:\s|<!--.*?-->)*+<(?:!doctype html|html|head|body)",
     "This is a web page, not a notebook (perhaps the page of a login). Download the "
     "notebook itself (.ipynb) and hand it in again."),
    (r"", f"This is an XML file, perhaps the error message of a failed download. {_ITSELF}."),
)
_TEXTS = (  # a pattern at the beginning of the text, and what the text then is
    (r"version https://git-lfs", "This is a pointer of Git LFS, which stands in place of the notebook. Run "
                                 "git lfs pull and hand in the notebook itself (.ipynb)."),
    (r"\[InternetShortcut\]|https?://\S+\s*\Z", "This is a link to a notebook. The grader follows no links: "
     "open it, download the notebook (.ipynb) and hand that in."),
    (r"diff --git |--- a/|From [0-9a-f]{40} ", f"This is a patch (the output of git diff). {_ITSELF}."),
    (r"(?:[^\n]*\n){0,400}?(?:# ?%%|import \w|from [\w.]+ import |def \w+\(|class \w+[:(])",
     "This is a Python script, not a notebook. Where you wrote it, choose to save or download it "
     "as a notebook (.ipynb), and hand that in."),
)
_TEXT = f"This is a text, not a notebook. {_ITSELF}."
_CUT_OFF = ("The file is not JSON: it ends in the middle, in line {line}. Saving, downloading or uploading "
            f"it broke off. Save the notebook again, {_WHOLE}")
_COMMA = ("The file is not JSON: in line {line} stands a comma after which nothing follows. Remove it, or "
          f"save the notebook again in Jupyter, {_WHOLE}")
_DAMAGED = ("The file is not JSON: it is damaged in line {line}, or was edited as a text. Save the notebook "
            f"again in Jupyter, {_WHOLE}")
_LESSON = "Hand in the .ipynb file of the lesson."


def binary_kind(data: bytes) -> str:
    """The sentence for a file that is not a text; empty for what may be one."""
    if data[:4] in (b"PK\3\4", b"PK\5\6"):
        return next((says for inside, says in _INSIDE_ZIPS.items() if inside in data), _ZIP)
    if data[257:262] == b"ustar":
        return f"This is an archive (tar). Unpack it. {_ITSELF}."
    if data and not data.strip(b"\0"):
        return _ZEROS
    return next((says for opening, says in _OPENINGS.items() if data.startswith(opening)), "")


def text_kind(text: str) -> str:
    """The sentence for a text that does not begin as JSON does."""
    start = text[:20_000]
    if start.startswith("<") and not start.startswith("<<<<<<<"):
        return next(says for pattern, says in _HTML if re.search(pattern, text))
    if line := _conflict(text):
        return _CONFLICT.format(line=line)
    if re.search(r'"(?:cells|cell_type|nbformat)"\s*:', start):
        return _DAMAGED.format(line=1)
    strange = sum(c == "\N{REPLACEMENT CHARACTER}" or not (c.isprintable() or c.isspace()) for c in start)
    if strange > len(start) / 10:
        return _BINARY
    return next((says for pattern, says in _TEXTS if re.match(pattern, start)), _TEXT)


def damage(text: str, error: json.JSONDecodeError) -> str:
    """The sentence for a text that begins as JSON does and then is none."""
    if line := _conflict(text):
        return _CONFLICT.format(line=line)
    place, left = error.pos, len(text) - error.pos
    nearly = left <= len("-Infinity") or error.msg.startswith("Unterminated string")
    if left <= 0 or (nearly and text[-1] not in "]}"):
        return _CUT_OFF.format(line=text.count("\n") + 1)
    after = re.compile(r"\s*[]}]")  # Pythons differ in whether they point at the comma or behind it
    comma = text[place] == "," and after.match(text, place + 1)
    comma = comma or (text[:place].rstrip()[-1:] == "," and after.match(text, place))
    return (_COMMA if comma else _DAMAGED).format(line=text.count("\n", 0, place) + 1)


def json_kind(root: Any) -> str:
    """The sentence for JSON that is no notebook."""
    if not isinstance(root, dict):
        listed = isinstance(root, list) and any(isinstance(c, dict) and "cell_type" in c for c in root[:2000])
        what = "is a list of cells without the notebook around it" if listed else "is JSON but not a notebook"
        return f"The file {what}. {_LESSON}"
    address = root.get("url")
    if "doc_id" in root or (isinstance(address, str) and "google.com" in address):
        return _DRIVE
    if "paragraphs" in root:
        return f"This is a notebook of Zeppelin, not of Jupyter. {_LESSON}"
    if "cells" in root or "worksheets" in root:
        return ("The file looks like a notebook, but its cells are not a list. "
                "Save the notebook again, open it once to see that it is whole, and hand it in.")
    if set(root) & {"message", "error", "errors", "detail"}:
        return f"The file is the error message of a web service, not a notebook. {_LESSON}"
    if "nbformat" in root:
        return f"The file is the head of a notebook: it has no list of cells. {_LESSON}"
    return f"The file is JSON but has no list of cells, so it is not a notebook. {_LESSON}"


def _conflict(text: str) -> int:
    """The line of the first mark of a merge conflict; 0 if there is none."""
    found = re.search(r"^(?:<{7}|>{7}) ", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else 0
