"""What exists is documented: every setting, route, stream event and error code has its line in docs/reference."""

import re
from pathlib import Path

import pytest

from rapport import errors
from rapport.app import create_app
from rapport.config import Settings

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"


def _page(name: str) -> str:
    return (REFERENCE / name).read_text()


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_setting_is_documented(name: str):
    assert f"`RAPPORT_{name.upper()}`" in _page("settings.md")


def test_no_setting_is_documented_that_does_not_exist():
    documented = set(re.findall(r"^\| `RAPPORT_([A-Z_]+)`", _page("settings.md"), re.M))
    assert documented == {name.upper() for name in Settings.model_fields}


def _error_classes() -> list[type[errors.RapportError]]:
    return [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, errors.RapportError)]


@pytest.mark.parametrize("error", _error_classes(), ids=lambda e: e.__name__)
def test_error_code_is_documented(error: type[errors.RapportError]):
    assert f"`{error.code}`" in _page("errors.md")
    assert (error.__doc__ or "").strip(), "the docstring is the default message"


def _operations() -> list[str]:
    paths = create_app(Settings(_env_file=None)).openapi()["paths"]  # type: ignore[call-arg]
    return sorted(
        f"{method.upper()} {path}" for path, item in paths.items() for method in item if method in ("get", "post", "put", "patch", "delete")
    )


def test_every_operation_is_documented():
    page = _page("routes.md")
    missing = [operation for operation in _operations() if f"`{operation}`" not in page]
    assert missing == []
