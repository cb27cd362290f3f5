import csv
import json
from collections import Counter
from datetime import datetime, timedelta

import pytest

from deploy.demo.movement import Movement, by_initiative, movement, write
from deploy.demo.partners import PARTNERS
from deploy.demo.world import documented
from shared import geo
from shared.events.envelope import Faulty, read_event
from shared.geo.fold import fold

NOT_SEEN_BY_READING = {"another-identity", "same-id-other-body"}


@pytest.fixture(scope="module")
def made() -> Movement:
    return movement(1)


def test_one_seed_always_tells_the_same_and_another_does_not(made):
    """So that figures can be compared from run to run."""
    assert movement(1) == made
    assert movement(2).told != made.told


def test_the_movement_has_the_published_size(made):
    """1,471 made up beside the nine of the documents, as some 2,200 claims in six lists; each is in one at least."""
    assert sum(i.made_up for i in made.initiatives.values()) == 1471
    assert sum(not i.made_up for i in made.initiatives.values()) == 9
    assert 2150 <= len(made.truth) <= 2300
    assert {p for p, _ in made.truth} == {p.name for p in PARTNERS}
    assert set(made.truth.values()) == set(made.initiatives)


@pytest.mark.parametrize(
    ("what", "share"),
    [
        (lambda i: i.legal_form == "stichting", 0.51),
        (lambda i: i.legal_form == "geen", 0.20),
        (lambda i: i.target_groups == ("alle-inwoners",), 0.68),
        (lambda i: "sociale-cohesie" in i.themes, 0.57),
        (lambda i: "welzijn" in i.themes, 0.47),
        (lambda i: "gezondheid" in i.themes, 0.10),
        (lambda i: "preventie" in i.themes, 0.08),
        (lambda i: "ontmoeting" in dict(i.activities), 0.64),
    ],
)
def test_the_proportions_are_those_of_the_monitor_of_2020(made, what, share):
    """Within what chance does to 1,471."""
    initiatives = [i for i in made.initiatives.values() if i.made_up]
    assert sum(map(what, initiatives)) / len(initiatives) == pytest.approx(share, abs=0.04)


def test_every_province_has_its_part_at_real_places(made):
    """Response can be counted per province: none has fewer than 60."""
    per = Counter(i.place.province for i in made.initiatives.values())
    assert set(per) == {p.code for p in geo.provinces()}
    assert min(per.values()) >= 60
    real = {(p.name, p.municipality) for p in geo.places()}
    assert all((i.place.name, i.place.municipality) in real for i in made.initiatives.values() if i.made_up)


def test_every_event_is_sound_but_for_the_fault_that_was_put_in(made):
    """The contract itself finds exactly those faults, and no others."""
    now = max(t.event["time"] for t in made.told if t.refused != "future")
    for told in made.told:
        read = read_event(dict(told.event), partner=told.partner, routing_key=None, now=_time(now)).event
        codes = {p.code for p in read.problems} if isinstance(read, Faulty) else set()
        assert (codes == set()) == (told.refused is None or told.refused in NOT_SEEN_BY_READING), told
        assert told.refused is None or told.refused in codes | NOT_SEEN_BY_READING


def test_updates_repeats_and_withdrawals_are_among_it(made):
    """The same event again, the same id with another body, claims taken back."""
    ids = Counter((t.partner, t.event["id"]) for t in made.told)
    assert sum(n > 1 for n in ids.values()) >= 50
    assert sum(t.refused == "same-id-other-body" for t in made.told) >= 5
    assert len(made.withdrawn) >= 40
    assert made.withdrawn <= set(made.truth)


def test_no_contact_is_a_person_and_no_address_can_be_reached(made):
    """Mail and websites under .example; subscriber numbers begin with 0, as none does."""
    for initiative in made.initiatives.values():
        assert initiative.made_up or not (initiative.contacts or initiative.site or initiative.postcode)
        for contact in initiative.contacts:
            assert contact.email.endswith(".example")
            assert contact.phone.partition("-")[2].startswith("0")
        assert initiative.site is None or initiative.site.partition("/")[0].endswith(".example")


def test_the_traps_for_false_merges_are_there(made):
    """One telephone for several initiatives; one name in several municipalities; several look-alikes in one village."""
    phones = Counter(p for i in made.initiatives.values() for p in {c.phone for c in i.contacts})
    assert sum(n > 2 for n in phones.values()) > 15
    names = Counter(fold(i.name) for i in made.initiatives.values())
    assert sum(n for n in names.values() if n > 1) > 100
    places = Counter(i.place for i in made.initiatives.values())
    assert sum(n > 1 for n in places.values()) > 150


def test_most_initiatives_in_several_lists_are_spelled_in_several_ways(made):
    """Else there would be nothing to match."""
    name = {(t.partner, t.event["subject"]): fold(t.event["data"].get("name", "")) for t in made.told if not t.refused}
    several = [claims for claims in by_initiative(made.truth).values() if len(claims) > 1]
    different = [claims for claims in several if len({name[c] for c in claims if c in name}) > 1]
    assert len(several) > 500
    assert len(different) / len(several) > 0.5


def test_the_nine_of_the_documents_keep_their_names_and_places(made):
    """What is known of them, and nothing made up beside it."""
    assert {i.name for i in documented()} >= {"Zorgcoöperatie Hoogeloon", "DörpsZörg Ulrum", "Kracht van Zuilen"}
    assert all(geo.municipality(i.place.municipality) for i in documented())


def test_what_is_written_down_can_be_read_back(made, tmp_path):
    """One event a line, and a table of which claim is which initiative."""
    write(made, tmp_path / "movement")
    lines = (tmp_path / "movement/events.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["event"] for line in lines] == [t.event for t in made.told]
    with (tmp_path / "movement/truth.csv").open(encoding="utf-8") as table:
        truth = {(r["partner"], r["external_id"]): r["initiative"] for r in csv.DictReader(table)}
    assert truth == made.truth


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text) + timedelta(seconds=1)
