"""Reads what the console gave out, by libraries that had no part in writing it, and prints it as one JSON value.

    read_files.py workbook FILE    rows of the first sheet, each a list of [type, value]; s is text, n a number, f a formula
    read_files.py pdf FILE         the text of each page
"""

import json
import sys
import unicodedata

import openpyxl
import pypdf


def workbook(path):
    book = openpyxl.load_workbook(path, data_only=False)
    sheet = book.worksheets[0]
    rows = [[[cell.data_type, None if cell.value is None else str(cell.value)] for cell in row] for row in sheet.iter_rows()]
    links = [link.target for row in sheet.iter_rows() for cell in row if (link := cell.hyperlink)]
    return {"sheets": book.sheetnames, "rows": rows, "links": links}


def pdf(path):
    # A font may name a letter by its radical, which looks alike and is another code.
    return [unicodedata.normalize("NFKC", page.extract_text()) for page in pypdf.PdfReader(path).pages]


def main():
    what, path = sys.argv[1:]
    print(json.dumps({"workbook": workbook, "pdf": pdf}[what](path), ensure_ascii=False))


main()
