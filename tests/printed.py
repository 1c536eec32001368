"""A printed page as a phone sees it: rendered, and its code read back."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import PIL.Image
import pypdf
import typst
import zxingcpp

PAGE = '#set page(paper: "a4", margin: 0pt)\n#image("page.pdf", width: 100%)\n'


def rendered(pdf: bytes, folder: Path, ppi: int = 110) -> Any:
    """Return the first page as a picture; typst reads the pages of a PDF as drawings."""
    (folder / "page.pdf").write_bytes(pdf)
    (folder / "main.typ").write_text(PAGE)
    made = typst.compile(str(folder / "main.typ"), root=str(folder), format="png", ppi=ppi)
    return PIL.Image.open(io.BytesIO(made))


def scanned(pdf: bytes, folder: Path) -> str:
    """Return what the one code on the first page says."""
    (code,) = zxingcpp.read_barcodes(rendered(pdf, folder))
    return code.text


def opened(pdf: bytes) -> pypdf.PdfReader:
    """Return the file for looking inside."""
    return pypdf.PdfReader(io.BytesIO(pdf))


def attached(pdf: bytes) -> bytes:
    """Return the one file that is attached under the name of a credential."""
    (content,) = opened(pdf).attachments["credential.json"]
    return content
