"""What is wrong with a command that was typed, in Dutch: the library that reads it speaks English."""

import re
from collections.abc import Sequence

_WORDS: Sequence[tuple[str, str]] = (
    (r"No such command '(.*?)'\. Did you mean (.*?)\?", r"De opdracht {0} bestaat niet. Bedoelde u {1}?"),
    (r"No such command '(.*?)'\.", r"De opdracht {0} bestaat niet."),
    (r"Missing command\.", "Er ontbreekt een opdracht."),
    (r"No such option: (.*?) \(Possible options: (.*)\)", "De optie {0} bestaat niet. Bedoelde u {1}?"),
    (r"No such option: (\S+)(?: Did you mean (.*?)\?)?", "De optie {0} bestaat niet."),
    (r"Missing argument '?(.*?)'?\.(?: .*)?", "Er ontbreekt iets: geef {0}."),
    (r"Missing option '?(.*?)'?\.(?: .*)?", "Er ontbreekt iets: geef {0}."),
    (r"Option '?(.*?)'? requires an argument\.", "Achter {0} hoort een waarde."),
    (r"Option '?(.*?)'? does not take a value\.", "Achter {0} hoort geen waarde."),
    (r"Got unexpected extra argument(?:s|\(s\))? \((.*)\)", "Dit is te veel: {0}."),
    (r"Invalid value for '?(.*?)'?: (?:file|path|directory) '(.*)' does not exist\.", "{0}: {1} bestaat niet."),
    (r"Invalid value for '?(.*?)'?: (?:file|path) '(.*)' is a directory\.", "{0}: {1} is een map. Geef een bestand."),
    (r"Invalid value for '?(.*?)'?: directory '(.*)' is a file\.", "{0}: {1} is een bestand. Geef een map."),
    (r"Invalid value for '?(.*?)'?: (?:file|path|directory) '(.*)' is not readable\.", "{0}: {1} mag u niet lezen."),
    (r"Invalid value for '?(.*?)'?: .*greater than or equal to ([\d.]+).*", "{0} is minstens {1}."),
    (r"Invalid value for '?(.*?)'?: .*less than or equal to ([\d.]+).*", "{0} is hoogstens {1}."),
    (r"Invalid value for '?(.*?)'?: .*valid integer.*", "{0} is een heel getal."),
    (r"Invalid value for '?(.*?)'?: .*valid number.*", "{0} is een getal."),
    (r"Invalid value for '?(.*?)'?: '?(.*?)'? is not one of (.*)\.", "{0} kan niet {1} zijn. Kies uit: {2}."),
    (r"Invalid value: (.*)", "{0}"),
    (r"Invalid value for '?(.*?)'?: (.*)", "De waarde van {0} kan niet: {1}"),
)
"""What it says, and what that means. The first that fits counts."""


def in_dutch(message: str) -> str:
    """The same in Dutch; a message that is not known stays as it is."""
    text = " ".join(message.split())
    for pattern, words in _WORDS:
        if found := re.fullmatch(pattern, text):
            said = (part.replace("'", "").replace("(env var: ", "(of de variabele ") for part in found.groups(""))
            return words.format(*said)
    return text
