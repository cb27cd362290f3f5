-- What the operator does with events that were set aside: run them again, or drop them.

ALTER TABLE bus.set_aside
    ADD COLUMN times integer NOT NULL DEFAULT 1,
    ADD COLUMN replay_at timestamptz,
    ADD COLUMN replay_by text,
    ADD COLUMN replay_tries integer NOT NULL DEFAULT 0;
CREATE INDEX set_aside_to_replay ON bus.set_aside (replay_at) WHERE replay_at IS NOT NULL;

-- What was dropped, by whom; the payload stands in bus.refused, for as long as those are kept.
CREATE TABLE bus.dropped (
    id           bigint PRIMARY KEY,
    reaction     text NOT NULL,
    origin       text NOT NULL,
    partner      text,
    source       text,
    event_id     text,
    type         text,
    subject      text,
    cause        text NOT NULL,
    received_at  timestamptz NOT NULL,
    set_aside_at timestamptz NOT NULL,
    dropped_at   timestamptz NOT NULL,
    dropped_by   text NOT NULL
);
