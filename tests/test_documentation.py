"""What exists is documented: the reference pages say what the code says, and each operation says what it does."""

import pytest
from docs import generate


@pytest.mark.parametrize("name", sorted(generate.PAGES))
def test_reference_page_is_up_to_date(name: str):
    assert (generate.REFERENCE / name).read_text() == generate.PAGES[name](), "run `make docs`"


def test_every_operation_has_a_sentence():
    silent = [row for rows in generate._operations().values() for row in rows if row.endswith("|  |")]
    assert silent == []
