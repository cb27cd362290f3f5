"""A command that is typed wrong is answered in Dutch."""

import pytest
from typer.exceptions import TyperException

from deploy.cli import build
from deploy.cli.usage import in_dutch


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["valideer"], "De opdracht valideer bestaat niet. Bedoelde u validate?"),
        (["validate"], "Er ontbreekt iets: geef BESTAND."),
        (["validate", "weg.csv"], "BESTAND: weg.csv bestaat niet."),
        (["validate", "/tmp"], "BESTAND: /tmp is een map. Geef een bestand."),
        (["validate", __file__, "--typ", "x"], "De optie --typ bestaat niet. Bedoelde u --type?"),
        (["validate", __file__, "nog", "een"], "Dit is te veel: nog een."),
        (["validate", __file__, "--json=3"], "Achter --json hoort geen waarde."),
        (["publish", __file__, "--url"], "Achter --url hoort een waarde."),
        (["publish", __file__, "--wait", "lang"], "--wait is een getal."),
        (["publish", __file__, "--wait", "-1"], "--wait is minstens 0."),
        (["history"], "Er ontbreekt iets: geef --url (of de variabele BURENBUS_URL)."),
        (["dead", "drop", "1"], "1 is geen nummer uit de lijst. Een nummer is zoals survey:12."),
        (["history", "--url", "https://h", "--limit", "veel"], "--limit is een heel getal."),
    ],
)
def test_what_is_wrong_is_said_in_dutch(monkeypatch: pytest.MonkeyPatch, arguments: list[str], sentence: str) -> None:
    """With what was typed and what could have been meant, and code 2 for scripts."""
    monkeypatch.delenv("BURENBUS_URL", raising=False)
    with pytest.raises(TyperException) as wrong:
        build()(arguments, standalone_mode=False)
    assert in_dutch(wrong.value.format_message()) == sentence
    assert wrong.value.exit_code == 2
