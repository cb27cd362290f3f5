"""The words that matching knows: what tells nothing apart, what has several spellings, what many share.

General knowledge of names of initiatives, associations and companies, Dutch before English and Frisian; how common the
others are, is learnt (`frequencies`).
"""


def _listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


SMALL_WORDS = _listed("""
    de het een en of t n d s in op te ter ten van voor aan bij met om uit tot over onder naar door vd vh der den des dat
    die is as it un a fan foar yn by the and or an at to for from with la le el les los las du di da eo omstreken""")
"""Articles, conjunctions, prepositions: they tell no two names apart."""

LEGAL_FORMS = _listed("""
    stichting stg sticht st vereniging ver vzw cooperatie cooperatieve coop ua wa ba bv nv vof cv io
    foundation association assoc inc incorporated ltd limited llc llp corp corporation plc gmbh ag ev sa srl spa ab oy""")
"""Words for the legal form: left out of a name, because lists write them or not as it suits. `st` may also be Sint."""

SPELLINGS = {
    "center": "centrum",
    "centre": "centrum",
    "ctr": "centrum",
    "sint": "st",
    "saint": "st",
    "sankt": "st",
    "coop": "cooperatie",
    "zorgcoop": "zorgcooperatie",
    "dorpscoop": "dorpscooperatie",
    "buurtcoop": "buurtcooperatie",
    "wijkcoop": "wijkcooperatie",
    "energiecoop": "energiecooperatie",
    "naober": "noaber",
    "naoberzorg": "noaberzorg",
    "naoberhulp": "noaberhulp",
    "noabershulp": "noaberhulp",
    "noabers": "buren",
    "naobers": "buren",
    "mienskip": "gemeenschap",
    "doarp": "dorp",
    "doarpshus": "dorpshuis",
    "dorpshoes": "dorpshuis",
    "doarpsbelang": "dorpsbelang",
    "soarch": "zorg",
    "hus": "huis",
    "huus": "huis",
    "hoes": "huis",
}
"""One spelling for what abbreviations, Frisian and Low Saxon write otherwise."""

BRANCHES = _listed("""
    noord zuid oost west noordoost noordwest zuidoost zuidwest north south east oud nieuw nieuwe oude old new groot klein
    boven beneden binnen buiten jeugd jongeren kinderen kids junior ouderen senioren vrouwen mannen dames heren i ii iii iv""")
"""Words by which a branch or a neighbour is told from its namesake."""

SECOND_PARTS = _listed("""
    tuin huis hof kamer stad dorp wijk buurt plein kring markt winkel straat weg laan berg veld bos park molen brug poort
    toren burg haven land meer vaart zicht stede nest boom bloem bron akker kwartier zorg hulp raad werk kunst keuken tafel
    school kerk wachter bad boot fabriek""")
"""What a word goes on with when it becomes another: a proeftuin is no proef. A word that is cut short goes on with none of these."""

NO_PERSON = _listed("""
    dhr mevr mw mr mrs ms dr drs ing ir prof heer mevrouw fam familie
    secretaris secretariaat secretaresse voorzitter penningmeester bestuur bestuurslid coordinator contactpersoon contact
    beheerder medewerker medewerkster vrijwilliger info aanspreekpunt dorpsondersteuner wijkverbinder opbouwwerker welzijn
    administratie redactie webmaster leden ledenadministratie helpdesk algemeen onbekend nvt
    secretary chair chairman treasurer board manager director admin office staff unknown none""")
"""Titles, and what a role is called: two chairs are not one person."""

FREE_MAIL = _listed("""
    gmail.com googlemail.com hotmail.com hotmail.nl outlook.com outlook.nl live.nl live.com msn.com ziggo.nl kpnmail.nl
    kpnplanet.nl planet.nl xs4all.nl home.nl hetnet.nl telfort.nl upcmail.nl casema.nl chello.nl icloud.com me.com
    mac.com yahoo.com yahoo.nl online.nl tele2.nl solcon.nl zeelandnet.nl quicknet.nl zonnet.nl protonmail.com
    proton.me aol.com gmx.net gmx.de web.de t-online.de caiway.nl delta.nl freedom.nl tiscali.nl wxs.nl onsbrabantnet.nl
    kabelfoon.nl multiweb.nl versatel.nl orange.nl wanadoo.nl skynet.be telenet.be""")
"""Domains that anybody may have an address at: they say nothing of an initiative."""

SHARED_BY_PATH = _listed("""
    facebook.com fb.com instagram.com linkedin.com twitter.com x.com youtube.com meetup.com linktr.ee nextdoor.nl
    nextdoor.com hoplr.com google.com voorelkaar.nl dorpen.nl issuu.com eventbrite.nl whatsapp.com bit.ly t.me""")
"""Sites where each page has another owner."""

SHARED_BY_NAME = _listed("""
    wordpress.com wixsite.com jimdofree.com jimdosite.com jimdo.com weebly.com blogspot.com blogspot.nl webnode.nl
    webnode.com jouwweb.nl yolasite.com squarespace.com github.io mijnbuurtje.nl dorpsplein.nl e-captain.nl clubs.nl
    site123.me simpsite.nl webflow.io""")
"""Domains under which each name has another owner."""

STREET_WORDS = {
    "straat": "str", "street": "str", "st": "str", "strt": "str", "avenue": "av", "ave": "av", "aven": "av",
    "boulevard": "blv", "blvd": "blv", "road": "rd", "drive": "dr", "lane": "ln", "place": "pl", "court": "ct",
    "crescent": "cr", "cres": "cr", "circuit": "cct", "close": "cl", "highway": "hwy", "parkway": "pkwy", "pky": "pkwy",
    "square": "sq", "terrace": "ter", "north": "n", "south": "s", "east": "e", "west": "w", "noord": "n", "zuid": "z",
    "oost": "o", "plein": "pln", "laan": "ln", "first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th",
    "fifth": "5th", "sixth": "6th", "seventh": "7th", "eighth": "8th", "ninth": "9th", "eerste": "1e", "tweede": "2e",
    "derde": "3e", "burgemeester": "burg", "burgem": "burg", "doctor": "dr", "dokter": "dr", "professor": "prof",
    "saint": "st", "sint": "st",
}  # fmt: skip
"""One spelling for the parts of street names."""

_COMMON = {
    0.05: "zorg buurt dorp samen zorgcooperatie stadsdorp dorpshuis huis zorgzaam zorgt wijk",
    0.02: """burenhulp buurthuis buurtcooperatie dorpscooperatie noaber noaberzorgpunt buren burennetwerk bewoners elkaar
        buurtcollectief buurthuiskamer huiskamer inloop ontmoeting centrum zorgzame welzijn leefbaar leefbaarheid""",
    0.01: """hart kracht sterk actief thuis oud nieuw noord zuid oost west gemeenschap netwerk initiatief punt wonen leven
        ouderen senioren energie voedsel tuin eetcafe mantelzorg vrijwilligers hulp dienst gebiedscooperatie doarpswurk
        dorpsbelang dorpsraad wijkraad ons onze mien us jong vitaal noaberzorg noaberschap
        restaurant cafe hotel school club company group international services""",
}
COMMON_WORDS = {word: share for share, text in _COMMON.items() for word in text.split()}
"""About which share of names holds a word, as far as one can say before having seen any."""
