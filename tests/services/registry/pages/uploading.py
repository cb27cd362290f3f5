"""A list, and what somebody at a partner does with it at the pages."""

from httpx import AsyncClient as Client
from httpx import Response

from shared.db import Pool
from tests.services.registry.door.house import House
from tests.waiting import until

from .visits import words

HEAD = "nummer;naam;plaats;postcode;website;startjaar\n"


ROWS = (
    "1;Stadsdorp Zuid;Amsterdam;1077 AB;https://stadsdorp-zuid.example;2014\n"
    "2;Dörpszörg Ulrum;Ulrum;9971;;ca. 1998\n"
    "3;Noaberhulp;Winterswijk;7101;https://noaberhulp.example;2009\n"
)


LIST = HEAD + ROWS


REMARKED = "nummer;naam;plaats;postcode;e-mail\n1;Noaberhulp;Nergenshuizen;;a@b.nl\n2;Stadsdorp Zuid;Zeist;3705;\n"


def pool_of(house: House) -> Pool:
    assert house.registry.database
    return house.registry.database.pool


async def put_file(client: Client, content: str | bytes, filename: str = "lijst.csv") -> Response:
    """Chooses a file; gives what came of it."""
    data = content.encode() if isinstance(content, str) else content
    return await client.post("/partner/aanleveren", files={"bestand": (filename, data)})


async def upload_file(client: Client, content: str | bytes, filename: str = "lijst.csv") -> str:
    """The path of a file that was read."""
    done = await put_file(client, content, filename)
    assert done.status_code == 303, words(done)
    return done.headers["location"]


async def send_all(client: Client, path: str, **form: str) -> None:
    done = await client.post(f"{path}/versturen", data=form)
    assert (done.status_code, done.headers["location"]) == (303, path)


async def all_answered(client: Client, path: str) -> Response:
    """The page of a file, when all of it was answered."""

    async def done() -> Response | None:
        page = await client.get(path)
        return page if "Alles is beantwoord" in page.text else None

    page: Response = await until(done, "the sheet was answered")
    return page
