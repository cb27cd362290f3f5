"""Settings that make no sense stop a service with a sentence for each, and exit code 78."""

import pytest

from shared.settings import EXIT_CONFIG, ServiceSettings, load

GOOD = {
    "BURENBUS_AMQP_URL": "amqp://survey:geheim@127.0.0.1:5672/burenbus",
    "BURENBUS_DATABASE_URL": "postgresql://survey:geheim@127.0.0.1:5432/survey",
    "BURENBUS_HTTP_PORT": "8000",
    "BURENBUS_PUBLIC_URL": "https://burenbus.example/",
    "BURENBUS_LINK_SECRET": "x" * 32,
}


def given(monkeypatch: pytest.MonkeyPatch, **changed: str | None) -> None:
    for name, value in {**GOOD, **changed}.items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)


def test_good_settings_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the environment; the public address loses its last slash."""
    given(monkeypatch)
    settings = load(ServiceSettings)
    assert (settings.http_port, settings.public_url) == (8000, "https://burenbus.example")


def test_a_process_that_hangs_has_more_time_than_a_handler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the operator gives handlers more, and says nothing of it."""
    given(monkeypatch)
    assert load(ServiceSettings).transaction_idle_s == 60
    given(monkeypatch, BURENBUS_HANDLER_TIMEOUT_S="90")
    assert load(ServiceSettings).transaction_idle_s == 180


def test_what_hangs_on_a_setting_that_is_wrong_is_not_complained_of(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """There is one thing to mend, and one sentence."""
    given(monkeypatch, BURENBUS_HANDLER_TIMEOUT_S="soon")
    with pytest.raises(SystemExit):
        load(ServiceSettings)
    assert capsys.readouterr().err.count("burenbus:") == 1


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("BURENBUS_AMQP_URL", None, "is not set"),
        ("BURENBUS_AMQP_URL", "http://127.0.0.1", "must look like amqp://"),
        ("BURENBUS_DATABASE_URL", "postgresql://127.0.0.1", "must look like postgresql://"),
        ("BURENBUS_HTTP_PORT", "70000", "less than or equal to 65535"),
        ("BURENBUS_PUBLIC_URL", "burenbus.nl", "must look like https://"),
        ("BURENBUS_LINK_SECRET", "kort", "at least 32"),
        ("BURENBUS_LOG_FORMAT", "xml", "'json' or 'console'"),
        ("BURENBUS_BATCH_MESSAGES", "0", "greater than or equal to 1"),
        ("BURENBUS_HANDLER_TIMEOUT_S", "-1", "greater than 0"),
        ("BURENBUS_TRANSACTION_IDLE_S", "30", "longer than BURENBUS_HANDLER_TIMEOUT_S"),
    ],
)
def test_nonsense_stops_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str | None, sentence: str
) -> None:
    """It names the setting and says what is wrong, and does not print its value: it may be a secret."""
    given(monkeypatch, **{name: value})
    with pytest.raises(SystemExit) as stopped:
        load(ServiceSettings)
    assert stopped.value.code == EXIT_CONFIG
    told = capsys.readouterr().err
    assert f"burenbus: setting {name}: " in told
    assert sentence in told
    assert "Traceback" not in told
    assert value is None or value not in told.replace(sentence, "") or value in ("0", "-1")


def test_all_of_it_is_told_at_once(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Two faults are two lines."""
    given(monkeypatch, BURENBUS_AMQP_URL=None, BURENBUS_HTTP_PORT="veel")
    with pytest.raises(SystemExit):
        load(ServiceSettings)
    assert len(capsys.readouterr().err.splitlines()) == 2
