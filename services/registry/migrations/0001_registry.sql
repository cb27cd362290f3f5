-- Partners, what they say (claims), and what the platform holds to be true (initiatives).
-- Everything that is decided hangs on claims: initiatives are groups of claims that come and go.

CREATE TABLE partner (
    name          text PRIMARY KEY CHECK (name ~ '^[a-z0-9-]{2,30}$'),
    version       integer NOT NULL CHECK (version > 0),
    title         text NOT NULL,
    regions       text[] NOT NULL,
    contact_mail  text,
    status        text NOT NULL CHECK (status IN ('active', 'suspended', 'removed')),
    sandbox       boolean NOT NULL,
    boarded_at    timestamptz NOT NULL
);

CREATE TABLE partner_source (
    source   text PRIMARY KEY,
    partner  text NOT NULL REFERENCES partner
);
CREATE INDEX partner_source_of ON partner_source (partner);

CREATE TABLE initiative (
    id             uuid PRIMARY KEY,
    version        integer NOT NULL CHECK (version > 0),
    status         text NOT NULL CHECK (status IN ('active', 'closed', 'merged')),
    merged_into    uuid REFERENCES initiative DEFERRABLE INITIALLY DEFERRED,
    registered_at  timestamptz NOT NULL,
    state          jsonb NOT NULL,
    sources        jsonb NOT NULL,
    CHECK ((status = 'merged') = (merged_into IS NOT NULL))
);
COMMENT ON COLUMN initiative.state IS 'the public state as it was last said, in the words of the contract';
COMMENT ON COLUMN initiative.sources IS 'whose word each field of the state is';
CREATE INDEX initiative_merged_into ON initiative (merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE claim (
    partner           text NOT NULL,
    external_id       text NOT NULL,
    initiative_id     uuid NOT NULL REFERENCES initiative DEFERRABLE INITIALLY DEFERRED,
    data              jsonb NOT NULL,
    sha256            bytea NOT NULL,
    said_at           timestamptz NOT NULL,
    changed_at        timestamptz NOT NULL,
    known_since       timestamptz NOT NULL,
    withdrawn_at      timestamptz,
    withdrawn_reason  text,
    PRIMARY KEY (partner, external_id),
    CHECK ((withdrawn_at IS NULL) = (withdrawn_reason IS NULL))
);
COMMENT ON COLUMN claim.data IS 'as said, without the contact';
COMMENT ON COLUMN claim.sha256 IS 'of all that was said, the contact included: the same again changes nothing';
COMMENT ON COLUMN claim.said_at IS 'the sender''s time of the newest word about it: an older word comes too late';
COMMENT ON COLUMN claim.changed_at IS 'the sender''s time of the word that last changed it: newest goes first in the golden record';
CREATE INDEX claim_initiative ON claim (initiative_id);

-- The contact book: personal data, apart from everything else and erasable.

CREATE TABLE contact (
    partner      text NOT NULL,
    external_id  text NOT NULL,
    person       text,
    email        text,
    phone        text,
    published    boolean NOT NULL,
    consents     jsonb NOT NULL,
    PRIMARY KEY (partner, external_id),
    FOREIGN KEY (partner, external_id) REFERENCES claim ON DELETE CASCADE
);

CREATE TABLE contact_told (
    initiative_id  uuid PRIMARY KEY REFERENCES initiative,
    version        integer NOT NULL CHECK (version > 0),
    person         text,
    email          text,
    purposes       text[] NOT NULL
);
COMMENT ON TABLE contact_told IS 'what notify was last told; a row without address says that it is gone';

-- What an initiative says of itself hangs on the oldest claim that it had when it spoke, and follows that claim.

CREATE TABLE own_statement (
    response_id  text PRIMARY KEY,
    partner      text NOT NULL,
    external_id  text NOT NULL,
    said_at      timestamptz NOT NULL,
    fields       jsonb NOT NULL,
    FOREIGN KEY (partner, external_id) REFERENCES claim
);
CREATE INDEX own_statement_claim ON own_statement (partner, external_id);

CREATE TABLE own_consent (
    partner      text NOT NULL,
    external_id  text NOT NULL,
    purpose      text NOT NULL,
    given        boolean NOT NULL,
    at           timestamptz NOT NULL,
    text         text NOT NULL,
    channel      text NOT NULL,
    PRIMARY KEY (partner, external_id, purpose),
    FOREIGN KEY (partner, external_id) REFERENCES claim
);

-- Questions to people: are these two the same (asks = merge), is this still part of that (asks = split)?

CREATE TABLE match (
    id                  uuid PRIMARY KEY,
    version             integer NOT NULL CHECK (version > 0),
    asks                text NOT NULL CHECK (asks IN ('merge', 'split')),
    status              text NOT NULL CHECK (status IN ('open', 'same', 'different')),
    one_partner         text NOT NULL,
    one_external_id     text NOT NULL,
    other_partner       text NOT NULL,
    other_external_id   text NOT NULL,
    probability         double precision NOT NULL CHECK (probability BETWEEN 0 AND 1),
    evidence            jsonb NOT NULL,
    asked               text[] NOT NULL,
    found_at            timestamptz NOT NULL,
    decided_by          text,
    decided_at          timestamptz,
    FOREIGN KEY (one_partner, one_external_id) REFERENCES claim,
    FOREIGN KEY (other_partner, other_external_id) REFERENCES claim,
    CHECK ((status = 'open') = (decided_at IS NULL)),
    CHECK ((status = 'open') = (decided_by IS NULL))
);
COMMENT ON COLUMN match.asked IS 'the partners whose agreeing answers decide';
CREATE UNIQUE INDEX match_open_pair ON match (one_partner, one_external_id, other_partner, other_external_id)
    WHERE status = 'open';
CREATE INDEX match_open ON match (found_at) WHERE status = 'open';
CREATE INDEX match_one ON match (one_partner, one_external_id);
CREATE INDEX match_other ON match (other_partner, other_external_id);

CREATE VIEW match_now AS
    SELECT m.id, m.version, m.asks, m.status, m.one_partner, m.one_external_id, m.other_partner, m.other_external_id,
           m.probability, m.evidence, m.asked, m.found_at, m.decided_by, m.decided_at,
           one.initiative_id AS one_initiative, other.initiative_id AS other_initiative
    FROM match AS m
    JOIN claim AS one ON one.partner = m.one_partner AND one.external_id = m.one_external_id
    JOIN claim AS other ON other.partner = m.other_partner AND other.external_id = m.other_external_id;
COMMENT ON VIEW match_now IS 'questions, with the initiatives to which their claims belong now';

CREATE TABLE match_answer (
    match_id     uuid NOT NULL REFERENCES match,
    partner      text NOT NULL,
    answer       text NOT NULL CHECK (answer IN ('zelfde', 'verschillend', 'onzeker')),
    answered_at  timestamptz NOT NULL,
    PRIMARY KEY (match_id, partner)
);

-- What people decided about two claims: holds whatever the claims say later, until people undo it.

CREATE TABLE verdict (
    one_partner        text NOT NULL,
    one_external_id    text NOT NULL,
    other_partner      text NOT NULL,
    other_external_id  text NOT NULL,
    verdict            text NOT NULL CHECK (verdict IN ('same', 'different')),
    PRIMARY KEY (one_partner, one_external_id, other_partner, other_external_id),
    FOREIGN KEY (one_partner, one_external_id) REFERENCES claim,
    FOREIGN KEY (other_partner, other_external_id) REFERENCES claim,
    CHECK ((one_partner, one_external_id) < (other_partner, other_external_id))
);
CREATE INDEX verdict_other ON verdict (other_partner, other_external_id);

CREATE TABLE judgement (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at             timestamptz NOT NULL,
    by             text NOT NULL,
    action         text NOT NULL CHECK (action IN ('same', 'different', 'split', 'merged')),
    initiative_id  uuid NOT NULL REFERENCES initiative DEFERRABLE INITIALLY DEFERRED,
    other_id       uuid REFERENCES initiative DEFERRABLE INITIALLY DEFERRED,
    match_id       uuid REFERENCES match,
    claims         jsonb NOT NULL DEFAULT '[]'
);
COMMENT ON TABLE judgement IS 'who did what to the grouping, for good; `by` is a staff member''s address, partners, or matching';
COMMENT ON COLUMN judgement.claims IS 'the claims that moved, as [partner, externalId]: what undoing moves back';
CREATE INDEX judgement_initiative ON judgement (initiative_id);
CREATE INDEX judgement_other ON judgement (other_id);
CREATE INDEX judgement_match ON judgement (match_id);

CREATE TABLE used_link (
    sha256   bytea PRIMARY KEY,
    used_at  timestamptz NOT NULL
);

-- Every answer of every taker, for partners who ask what became of their events.

CREATE TABLE answer (
    taker          text NOT NULL,
    id             text NOT NULL,
    partner        text NOT NULL,
    event_source   text,
    event_id       text,
    event_type     text,
    event_subject  text,
    outcome        text NOT NULL,
    codes          text[] NOT NULL,
    initiative_id  text,
    received_at    timestamptz NOT NULL,
    answered_at    timestamptz NOT NULL,
    PRIMARY KEY (taker, id)
);
CREATE INDEX answer_of_partner ON answer (partner, received_at DESC);
CREATE INDEX answer_to_event ON answer (partner, event_source, event_id);
