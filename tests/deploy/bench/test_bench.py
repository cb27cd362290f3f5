"""The benchmark's own sums, without servers: measuring is `make bench`."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from deploy.bench import bare, figure, load, made_up
from deploy.bench.__main__ import _chosen
from deploy.bench.figures import MODULES, registering, responses
from deploy.bench.figures.latency import percentile
from deploy.bench.race import Lap, Laps
from shared.events.envelope import EVENT_JSON, Faulty, read_message
from shared.events.partner import InitiativeReported, SurveyResponseSubmitted

NAMES = [name for module in MODULES for name in module.NAMES]
NOW = datetime.now(UTC)


def test_each_figure_has_a_name_of_its_own_that_the_readme_explains() -> None:
    """Figures are compared by name over the years."""
    readme = (Path(figure.__file__).parent / "README.md").read_text("utf-8")
    assert len(NAMES) == len(set(NAMES))
    assert [n for n in NAMES if n.rsplit("-", 1)[0].split("-")[0] + "-" not in readme] == []


def test_a_figure_is_met_when_it_reaches_its_target() -> None:
    """More is better, or less is: the target itself is enough."""
    assert [figure.at_least("x", value, "×", 0.6).met for value in (0.59, 0.6, 0.61)] == [False, True, True]
    assert [figure.at_most("x", value, "ms", 150).met for value in (149, 150, 151)] == [True, True, False]
    assert figure.beside("x", 1, "×").met is None


def test_the_file_holds_every_figure_and_its_circumstances(tmp_path: Path) -> None:
    """A program reads figure, value, unit, target and met."""
    figure.write(tmp_path / "bench.json", [figure.at_least("a", 0.61, "×", 0.6)], {"cores": 2})
    said = json.loads((tmp_path / "bench.json").read_text())
    assert said["figures"] == [{"figure": "a", "value": 0.61, "unit": "×", "target": "≥ 0.6", "met": True, "said": ""}]
    assert said["circumstances"] == {"cores": 2}


def test_figures_are_chosen_by_how_their_name_begins() -> None:
    """Without a choice all are measured; a name that nobody has is no choice."""
    assert _chosen([]) == list(MODULES)
    assert _chosen(["responses-single", "registering"]) == [responses, registering]
    with pytest.raises(SystemExit):
        _chosen(["nothing"])


def test_a_percentile_is_a_value_that_occurred() -> None:
    """The 99th of a hundred values is the last but one."""
    assert percentile(range(1, 101), 99) == 99
    assert percentile([5.0], 99) == 5.0


def test_a_rate_is_the_median_of_the_laps() -> None:
    """One lap in which the machine was busy with something else does not count."""
    laps = Laps([Lap(100, seconds, {"survey": 0.01}) for seconds in (1, 2, 50)])
    assert laps.rate == 50
    assert laps.cpu("survey") == pytest.approx(100)


def test_the_load_is_what_partners_may_send() -> None:
    """A figure of refused events would be no figure; and no event occurs twice."""
    made = load.Load()
    bodies = made.responses("meting", ["a", "b"])
    bodies += [load.event("meting", InitiativeReported.type, data) for data in made.reports(["c", "d"])]
    initiative = next(made_up.MadeUp(1).initiatives())[0][1]
    bodies.append(load.event("meting", InitiativeReported.type, {**initiative, "externalId": "e"}))
    read = [read_message(body, EVENT_JSON, {}, partner="meting", routing_key=None, now=NOW)[0] for body in bodies]
    assert [one.event for one in read if isinstance(one.event, Faulty)] == []
    assert len({one.event.id for one in read}) == len(bodies)


def test_the_bare_pipeline_reads_what_the_platform_reads() -> None:
    """The yardstick validates: a response without its answers is not taken."""
    adapter: TypeAdapter[list[object]] = bare.envelope(SurveyResponseSubmitted)
    [body] = load.Load().responses("meting", ["a"])
    assert len(adapter.validate_json(b"[" + body + b"]")) == 1
    with pytest.raises(ValueError, match="answers"):
        adapter.validate_json(b"[" + body.replace(b'"answers"', b'"anders"') + b"]")


def test_the_same_seed_makes_the_same_initiatives() -> None:
    """A registry that is filled again is the same registry."""
    first, again = (made_up.MadeUp(7).initiatives() for _ in range(2))
    assert [next(first) for _ in range(20)] == [next(again) for _ in range(20)]
