-- What notify knows of the movement, from the facts of registry and survey.

CREATE TABLE initiative (
    id           text PRIMARY KEY,
    version      bigint NOT NULL,
    status       text NOT NULL,
    name         text NOT NULL,
    municipality text,
    province     text
);

CREATE TABLE contact (
    initiative_id text PRIMARY KEY,
    version       bigint NOT NULL,
    person        text,
    email         text,
    purposes      text[] NOT NULL
);

CREATE TABLE campaign (
    id        text PRIMARY KEY,
    version   bigint NOT NULL,
    title     text NOT NULL,
    opens     timestamptz NOT NULL,
    closes    timestamptz NOT NULL,
    status    text NOT NULL,
    invited   integer NOT NULL,
    responded integer NOT NULL
);

CREATE TABLE response (
    id            text PRIMARY KEY,
    version       bigint NOT NULL,
    campaign_id   text NOT NULL,
    initiative_id text NOT NULL,
    counted       boolean NOT NULL
);
CREATE INDEX response_that_counts ON response (campaign_id, initiative_id) WHERE counted;

-- Possible duplicates that were decided: an older question about one that arrives late asks nobody.
CREATE TABLE settled_match (
    id      text PRIMARY KEY,
    version bigint NOT NULL
);

-- The url holds the plain token: it is wiped as soon as nobody may be mailed it any more.
CREATE TABLE invitation (
    id             text PRIMARY KEY,
    campaign_id    text NOT NULL,
    initiative_id  text NOT NULL,
    status         text NOT NULL CHECK (status IN ('waiting', 'mailed', 'withdrawn', 'dropped')),
    title          text,
    url            text CHECK ((url IS NULL) = (status IN ('withdrawn', 'dropped'))),
    closes         timestamptz,
    issued_at      timestamptz NOT NULL,
    mailed_at      timestamptz,
    reminded_at    timestamptz,
    last_called_at timestamptz,
    ended_because  text
);
CREATE INDEX invitation_by_initiative ON invitation (initiative_id);
CREATE INDEX invitation_by_campaign ON invitation (campaign_id, status);

-- Who is notified of what.

CREATE TABLE staff (
    id                 uuid PRIMARY KEY,
    email              text NOT NULL,
    address            text NOT NULL UNIQUE GENERATED ALWAYS AS (lower(email)) STORED,
    name               text,
    role               text,
    digest_at          time NOT NULL,
    working_hours_only boolean NOT NULL,
    added_at           timestamptz NOT NULL
);

CREATE TABLE subscription (
    staff_id uuid NOT NULL REFERENCES staff ON DELETE CASCADE,
    kind     text NOT NULL,
    region   text NOT NULL,
    how      text NOT NULL CHECK (how IN ('at-once', 'digest')),
    PRIMARY KEY (staff_id, kind, region)
);
CREATE INDEX subscription_by_kind ON subscription (kind, region);

-- What happened; never deleted, so that a fact that is told again years later is still known to be told again.
CREATE TABLE notice (
    id    uuid PRIMARY KEY,
    kind  text NOT NULL,
    about text NOT NULL,
    item  jsonb NOT NULL,
    at    timestamptz NOT NULL,
    UNIQUE (kind, about)
);

-- Who hears of it; delivery_id is empty until it stands in a mail.
CREATE TABLE notification (
    notice_id   uuid NOT NULL REFERENCES notice,
    staff_id    uuid NOT NULL REFERENCES staff ON DELETE CASCADE,
    at          timestamptz NOT NULL,
    due_at      timestamptz NOT NULL,
    delivery_id uuid,
    PRIMARY KEY (notice_id, staff_id)
);
CREATE INDEX notification_to_gather ON notification (due_at) WHERE delivery_id IS NULL;
CREATE INDEX notification_by_staff ON notification (staff_id, at DESC);

-- Mails. `letter` is what a template needs to write one; it goes when the mail is done. Kept 12 months.
CREATE TABLE delivery (
    id            uuid PRIMARY KEY,
    kind          text NOT NULL,
    about         text NOT NULL,
    recipient     text NOT NULL,
    address       text NOT NULL GENERATED ALWAYS AS (lower(recipient)) STORED,
    name          text,
    initiative_id text,
    letter        jsonb,
    priority      smallint NOT NULL,
    state         text NOT NULL CHECK (state IN ('due', 'sending', 'delivered', 'failed', 'withdrawn')),
    reason        text,
    reply         text,
    attempts      integer NOT NULL DEFAULT 0,
    doubts        integer NOT NULL DEFAULT 0,
    created_at    timestamptz NOT NULL,
    due_at        timestamptz NOT NULL,
    deadline      timestamptz NOT NULL,
    claimed_at    timestamptz,
    done_at       timestamptz,
    UNIQUE (kind, about, address),
    CHECK ((letter IS NOT NULL) = (state IN ('due', 'sending'))),
    CHECK ((claimed_at IS NOT NULL) = (state = 'sending')),
    CHECK ((done_at IS NOT NULL) = (state IN ('delivered', 'failed', 'withdrawn')))
);
CREATE INDEX delivery_to_send ON delivery (priority, due_at) WHERE state = 'due';
CREATE INDEX delivery_being_sent ON delivery (claimed_at) WHERE state = 'sending';
CREATE INDEX delivery_by_deadline ON delivery (deadline) WHERE state = 'due';
CREATE INDEX delivery_by_address ON delivery (address, created_at);
CREATE INDEX delivery_by_initiative ON delivery (initiative_id) WHERE state = 'due';
CREATE INDEX delivery_by_age ON delivery (done_at);

-- Addresses to which nothing goes, whatever it is and whoever asks.
CREATE TABLE suppression (
    address text PRIMARY KEY CHECK (address = lower(address)),
    reason  text NOT NULL CHECK (reason IN ('unsubscribed', 'mailbox-gone', 'asked')),
    at      timestamptz NOT NULL
);

-- Signed links that may be used once, and were.
CREATE TABLE used_link (
    fingerprint bytea PRIMARY KEY,
    expires_at  timestamptz NOT NULL
);
