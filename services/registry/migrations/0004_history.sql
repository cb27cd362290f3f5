-- The history of a partner: every answer in full, and what came over HTTP and has no answer yet.

ALTER TABLE answer ADD COLUMN problems jsonb NOT NULL DEFAULT '[]';
COMMENT ON COLUMN answer.problems IS 'the faults of what was refused, the warnings of what was accepted, as they were answered; empty before this column was';

DROP INDEX answer_of_partner;
DROP INDEX answer_to_event;
CREATE INDEX answer_of_partner ON answer (partner, received_at DESC, id DESC);
CREATE INDEX answer_to_event ON answer (partner, event_id, event_source);
CREATE INDEX answer_about ON answer (partner, event_subject, received_at DESC);

CREATE TABLE underway (
    partner        text NOT NULL,
    event_source   text NOT NULL,
    event_id       text NOT NULL,
    event_type     text NOT NULL,
    event_subject  text,
    received_at    timestamptz NOT NULL,
    PRIMARY KEY (partner, event_source, event_id)
);
COMMENT ON TABLE underway IS 'what was published for partners and is not answered yet; the answer removes it';
CREATE INDEX underway_of_partner ON underway (partner, received_at DESC);
