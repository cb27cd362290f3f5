-- What the bus remembers in every service's own database.

CREATE SCHEMA IF NOT EXISTS bus;

-- Which events have been taken: the same key and hash is a duplicate, another hash is refused.
CREATE TABLE bus.inbox (
    reaction    text NOT NULL,
    origin      text NOT NULL,
    source      text NOT NULL,
    event_id    text NOT NULL,
    sha256      bytea NOT NULL,
    outcome     text NOT NULL DEFAULT 'done' CHECK (outcome IN ('done', 'refused', 'waiting', 'set-aside')),
    received_at timestamptz NOT NULL,
    PRIMARY KEY (reaction, origin, source, event_id)
);
CREATE INDEX inbox_by_age ON bus.inbox USING brin (received_at);

-- What is to be said; a row is deleted once the broker has confirmed it.
CREATE TABLE bus.outbox (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    exchange    text NOT NULL,
    routing_key text NOT NULL,
    body        bytea NOT NULL,
    created_at  timestamptz NOT NULL
);
CREATE SEQUENCE bus.answer_sequence;

-- Events that name something not heard of yet.
CREATE TABLE bus.waiting (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key         text NOT NULL,
    reaction    text NOT NULL,
    origin      text NOT NULL,
    partner     text,
    subject     text,
    body        bytea NOT NULL,
    traceparent text,
    problem     jsonb NOT NULL,
    received_at timestamptz NOT NULL,
    tries       integer NOT NULL DEFAULT 0,
    next_try    timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL
);
CREATE INDEX waiting_by_key ON bus.waiting (key);
CREATE INDEX waiting_by_try ON bus.waiting (next_try);
CREATE INDEX waiting_by_subject ON bus.waiting (partner, subject);

-- Events that can never succeed, with every reason; kept 30 days.
CREATE TABLE bus.refused (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    origin      text NOT NULL,
    partner     text,
    source      text,
    event_id    text,
    type        text,
    subject     text,
    body        bytea NOT NULL,
    problems    jsonb NOT NULL,
    received_at timestamptz NOT NULL
);
CREATE INDEX refused_by_event ON bus.refused (origin, source, event_id);
CREATE INDEX refused_by_subject ON bus.refused (partner, subject);
CREATE INDEX refused_by_age ON bus.refused (received_at);

-- Events on which our own code failed; the operator replays or drops them.
CREATE TABLE bus.set_aside (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue       text NOT NULL,
    reaction    text NOT NULL,
    origin      text NOT NULL,
    partner     text,
    source      text,
    event_id    text,
    type        text,
    subject     text,
    body        bytea NOT NULL,
    cause       text NOT NULL,
    detail      text NOT NULL,
    traceparent text,
    received_at timestamptz NOT NULL,
    set_aside_at timestamptz NOT NULL,
    pausing     boolean NOT NULL DEFAULT false
);
CREATE INDEX set_aside_by_cause ON bus.set_aside (cause, set_aside_at);
CREATE INDEX set_aside_by_subject ON bus.set_aside (partner, subject);

-- How often a redelivered event has been tried: written before each attempt.
CREATE TABLE bus.attempt (
    queue       text NOT NULL,
    sha256      bytea NOT NULL,
    attempts    integer NOT NULL DEFAULT 1,
    last_at     timestamptz NOT NULL,
    PRIMARY KEY (queue, sha256)
);

-- The partners, as their facts tell: who may speak, with which sources.
CREATE TABLE bus.partner (
    name        text PRIMARY KEY,
    version     bigint NOT NULL,
    title       text NOT NULL,
    sources     text[] NOT NULL,
    regions     text[] NOT NULL,
    status      text NOT NULL CHECK (status IN ('active', 'suspended', 'removed')),
    sandbox     boolean NOT NULL
);
