-- How partners are doing: when they send, which numbers are missing, and what their person should look at.

CREATE TABLE sending_day (
    partner    text NOT NULL,
    day        date NOT NULL,
    accepted   integer NOT NULL DEFAULT 0,
    refused    integer NOT NULL DEFAULT 0,
    corrected  integer NOT NULL DEFAULT 0,
    last_at    timestamptz NOT NULL,
    PRIMARY KEY (partner, day)
);
COMMENT ON TABLE sending_day IS 'the days (Europe/Amsterdam) on which a partner sent something, and how much; a repeated event counts as sending only';

INSERT INTO sending_day (partner, day, accepted, refused, last_at)
SELECT partner, (received_at AT TIME ZONE 'Europe/Amsterdam')::date,
       count(*) FILTER (WHERE outcome NOT IN ('refused', 'delayed', 'duplicate')),
       count(*) FILTER (WHERE outcome = 'refused'), max(received_at)
FROM answer GROUP BY 1, 2;

CREATE TABLE to_look_at (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    partner     text NOT NULL,
    day         date NOT NULL,
    event_type  text,
    about       text NOT NULL,
    refused     boolean NOT NULL,
    code        text NOT NULL,
    pointer     text NOT NULL,
    nl          text NOT NULL,
    en          text NOT NULL
);
COMMENT ON TABLE to_look_at IS 'faults and warnings that the partner''s person has not been mailed yet; without the values that were sent';
COMMENT ON COLUMN to_look_at.about IS 'the partner''s own id of what the event was about, else the event''s id';
CREATE INDEX to_look_at_about ON to_look_at (partner, about);
CREATE INDEX to_look_at_day ON to_look_at (partner, day);

-- Up to and including which day a partner's person has been told.
CREATE TABLE told_day (
    partner  text PRIMARY KEY,
    day      date NOT NULL
);
INSERT INTO told_day (partner, day) SELECT name, (now() AT TIME ZONE 'Europe/Amsterdam')::date - 1 FROM partner;

CREATE TABLE sequence_run (
    partner    text NOT NULL,
    source     text NOT NULL,
    lowest     bigint NOT NULL,
    highest    bigint NOT NULL CHECK (highest >= lowest),
    began_at   timestamptz NOT NULL,
    strays     jsonb NOT NULL,
    since      timestamptz,
    told_at    timestamptz,
    PRIMARY KEY (partner, source),
    CHECK ((since IS NULL) = (told_at IS NULL))
);
COMMENT ON TABLE sequence_run IS 'how far the numbering of each source has come; it begins anew when a source begins again at 0 or 1';
COMMENT ON COLUMN sequence_run.strays IS 'numbers that came again lately, as [number, when]: after a new beginning they may turn out to be part of it';
COMMENT ON COLUMN sequence_run.since IS 'since when something is missing that was told of';

CREATE TABLE sequence_gap (
    partner    text NOT NULL,
    source     text NOT NULL,
    first      bigint NOT NULL,
    last       bigint NOT NULL CHECK (last >= first),
    missed_at  timestamptz NOT NULL,
    told       boolean NOT NULL,
    FOREIGN KEY (partner, source) REFERENCES sequence_run
);
CREATE INDEX sequence_gap_of ON sequence_gap (partner, source);
CREATE INDEX sequence_gap_untold ON sequence_gap (missed_at) WHERE NOT told;

CREATE TABLE silence (
    partner      text PRIMARY KEY,
    since        timestamptz NOT NULL,
    rhythm_days  integer NOT NULL,
    told_at      timestamptz NOT NULL
);
COMMENT ON TABLE silence IS 'partners that have been quiet for three times their rhythm, and were told so; sending again removes the row';

-- Partners that do not agree about a possible duplicate leave it to staff, once; a question may undo an earlier decision.
ALTER TABLE match ADD COLUMN staff_decide boolean NOT NULL DEFAULT false;
ALTER TABLE match ADD COLUMN undoes uuid REFERENCES match;
COMMENT ON COLUMN match.undoes IS 'the decided question that a partner looks upon otherwise by now';
CREATE OR REPLACE VIEW match_now AS
    SELECT m.id, m.version, m.asks, m.status, m.one_partner, m.one_external_id, m.other_partner, m.other_external_id,
           m.probability, m.evidence, m.asked, m.found_at, m.decided_by, m.decided_at,
           one.initiative_id AS one_initiative, other.initiative_id AS other_initiative, m.staff_decide, m.undoes
    FROM match AS m
    JOIN claim AS one ON one.partner = m.one_partner AND one.external_id = m.one_external_id
    JOIN claim AS other ON other.partner = m.other_partner AND other.external_id = m.other_external_id;
