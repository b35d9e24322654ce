"""The language of a text, or nothing where it cannot be told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.analysis import language


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("My card has not arrived yet, where is it?", "en"),
        ("¿Dónde está mi pedido? Todavía no ha llegado.", "es"),
        ("Ich möchte mein Geld zurück haben", "de"),
        ("Je voudrais annuler ma commande", "fr"),
        ("Hvordan kan jeg endre passordet mitt?", "nb"),
        ("我忘记了密码", "zh"),
        ("パスワードを忘れました", "ja"),
        ("비밀번호를 잊어버렸어요", "ko"),
        ("Я забыл пароль от учётной записи", "ru"),
        ("هل يمكنني تغيير كلمة المرور", "ar"),
    ],
)
def test_the_language_is_recognised(text: str, code: str):
    detected = language.detect(text)
    assert detected is not None
    assert detected.code == code
    assert 0 < detected.confidence <= 1


@pytest.mark.parametrize("text", ["", "😀😀😀", "12345", "ok", "https://example.com/une/commande", "jo@example.com"])
def test_too_little_to_tell(text: str):
    assert language.detect(text) is None


@given(st.text(max_size=300))
def test_any_text_has_a_language_or_none(text: str):
    detected = language.detect(text)
    assert detected is None or (2 <= len(detected.code) <= 3 and 0 <= detected.confidence <= 1)
