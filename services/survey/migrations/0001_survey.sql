-- What survey keeps of the initiatives: enough to invite them and to know for whom a response counts.
CREATE TABLE initiative (
    id           text PRIMARY KEY,
    version      bigint NOT NULL,
    status       text NOT NULL CHECK (status IN ('active', 'closed', 'merged')),
    merged_into  text,
    name         text NOT NULL,
    place        text,
    pc4          text,
    municipality text,
    province     text
);
CREATE INDEX initiative_by_target ON initiative (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX initiative_active ON initiative (id) WHERE status = 'active';

-- Under which id which partner speaks of it, in the newest state that was heard. Two initiatives may hold the same claim
-- for a moment, while the facts of a split or merge are on their way.
CREATE TABLE claim (
    partner       text NOT NULL,
    external_id   text NOT NULL,
    initiative_id text NOT NULL REFERENCES initiative,
    PRIMARY KEY (partner, external_id, initiative_id)
);
CREATE INDEX claim_by_initiative ON claim (initiative_id);

CREATE TABLE campaign (
    id                text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    version           bigint NOT NULL,
    title             text NOT NULL,
    questionnaire     text NOT NULL,
    opens             timestamptz NOT NULL,
    closes            timestamptz NOT NULL,
    status            text NOT NULL CHECK (status IN ('scheduled', 'open', 'closed')),
    closing_soon_said boolean NOT NULL DEFAULT false,
    CHECK (closes >= opens)
);

-- One initiative asked to answer. The plain token is not kept: whoever has it may answer.
CREATE TABLE invitation (
    id            text PRIMARY KEY,
    campaign_id   text NOT NULL REFERENCES campaign,
    initiative_id text NOT NULL REFERENCES initiative,
    token_sha256  bytea NOT NULL UNIQUE,
    issued_at     timestamptz NOT NULL,
    withdrawn_at  timestamptz,
    withdrawn_for text CHECK (withdrawn_for IN ('closed', 'merged')),
    CHECK ((withdrawn_at IS NULL) = (withdrawn_for IS NULL))
);
CREATE UNIQUE INDEX one_invitation ON invitation (campaign_id, initiative_id) WHERE withdrawn_at IS NULL;
CREATE INDEX invitation_by_initiative ON invitation (initiative_id);

-- One set of answers, by code; words, permissions and contacts are kept apart. What it named (a partner's claim, or an
-- initiative by id or by invitation) stays; for whom it counts follows merges and splits.
CREATE TABLE response (
    id               text PRIMARY KEY,
    campaign_id      text NOT NULL REFERENCES campaign,
    version          bigint NOT NULL,
    initiative_id    text NOT NULL,
    counted          boolean NOT NULL,
    replaced_by      text,
    partner          text,
    external_id      text,
    named_initiative text,
    invitation_id    text REFERENCES invitation,
    questionnaire    text NOT NULL,
    answers          jsonb NOT NULL,
    answered_at      timestamptz NOT NULL,
    received_at      timestamptz NOT NULL,
    CHECK ((external_id IS NULL) <> (named_initiative IS NULL)),
    CHECK (external_id IS NULL OR partner IS NOT NULL),
    CHECK (counted = (replaced_by IS NULL))
);
CREATE UNIQUE INDEX one_counted_response ON response (initiative_id, campaign_id) WHERE counted;
CREATE INDEX response_by_initiative ON response (initiative_id);
CREATE INDEX response_by_claim ON response (partner, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX response_by_named ON response (named_initiative) WHERE named_initiative IS NOT NULL;
CREATE INDEX response_counted ON response (campaign_id) WHERE counted;

CREATE TABLE response_text (
    response_id text NOT NULL REFERENCES response ON DELETE CASCADE,
    code        text NOT NULL,
    text        text NOT NULL,
    PRIMARY KEY (response_id, code)
);

CREATE TABLE consent (
    response_id text NOT NULL REFERENCES response ON DELETE CASCADE,
    purpose     text NOT NULL,
    given       boolean NOT NULL,
    at          timestamptz NOT NULL,
    text        text NOT NULL,
    channel     text NOT NULL,
    PRIMARY KEY (response_id, purpose)
);

-- What somebody filled in so far, to go on with later; gone once it is sent in, or when the campaign closes.
CREATE TABLE draft (
    invitation_id text PRIMARY KEY REFERENCES invitation ON DELETE CASCADE,
    answers       jsonb NOT NULL,
    saved_at      timestamptz NOT NULL
);

CREATE TABLE signal (
    id               text PRIMARY KEY,
    version          bigint NOT NULL,
    kind             text NOT NULL,
    category         text NOT NULL,
    severity         text,
    activity         text,
    degree           text,
    institution      text,
    gathering        text,
    partner          text,
    external_id      text,
    named_initiative text,
    named_region     text,
    initiative_id    text,
    region           text NOT NULL,
    received_at      timestamptz NOT NULL,
    CHECK (external_id IS NULL OR named_initiative IS NULL)
);
CREATE INDEX signal_by_initiative ON signal (initiative_id) WHERE initiative_id IS NOT NULL;
CREATE INDEX signal_by_claim ON signal (partner, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX signal_by_named ON signal (named_initiative) WHERE named_initiative IS NOT NULL;

CREATE TABLE signal_text (
    signal_id text PRIMARY KEY REFERENCES signal ON DELETE CASCADE,
    text      text NOT NULL
);
