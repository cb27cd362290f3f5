-- What reporting has heard. All of it can be emptied and rebuilt by restating; the tally follows from the rest.
CREATE SCHEMA heard;

-- `region` is the narrowest region known, `leaf` its province; "-" is nowhere. What may not be shown is not kept: an
-- initiative that is not listed has no name here, one shown by its municipality has neither place nor postcode.
-- Version 0 stands for an initiative that others spoke of before its own fact came.
CREATE TABLE heard.initiative (
    id           text PRIMARY KEY,
    version      integer NOT NULL CHECK (version >= 0),
    region       text NOT NULL DEFAULT '-',
    leaf         text NOT NULL DEFAULT '-',
    items        text[] NOT NULL DEFAULT '{}',
    listed       boolean NOT NULL DEFAULT false,
    name         text,
    kind         text,
    place        text,
    municipality text,
    themes       text[] NOT NULL DEFAULT '{}',
    activities   text[] NOT NULL DEFAULT '{}',
    target_groups text[] NOT NULL DEFAULT '{}',
    lat          double precision,
    lon          double precision,
    sought       text COLLATE "C" NOT NULL DEFAULT '',
    CHECK (listed = (name IS NOT NULL))
);
CREATE INDEX initiative_listed ON heard.initiative (sought, id) WHERE listed;

-- Version 0 as above: then the questionnaire is not known yet.
CREATE TABLE heard.campaign (
    id            text PRIMARY KEY,
    version       integer NOT NULL CHECK (version >= 0),
    title         text,
    questionnaire text,
    opens         timestamptz,
    closes        timestamptz,
    status        text CHECK (status IN ('scheduled', 'open', 'closed')),
    CHECK ((version = 0) = (questionnaire IS NULL))
);

-- An invitation withdrawn because its initiative turned out to be another one counts no longer.
CREATE TABLE heard.invitation (
    id            text PRIMARY KEY,
    campaign_id   text NOT NULL REFERENCES heard.campaign,
    initiative_id text NOT NULL REFERENCES heard.initiative,
    merged        boolean NOT NULL
);
CREATE INDEX invitation_by_initiative ON heard.invitation (initiative_id);

-- `answers` only as long as the questionnaire is not known; then they have become items.
CREATE TABLE heard.response (
    id            text PRIMARY KEY,
    version       integer NOT NULL,
    campaign_id   text NOT NULL REFERENCES heard.campaign,
    initiative_id text NOT NULL REFERENCES heard.initiative,
    items         text[] NOT NULL,
    answers       jsonb
);
CREATE INDEX response_by_initiative ON heard.response (initiative_id);
CREATE INDEX response_uncounted ON heard.response (campaign_id) WHERE answers IS NOT NULL;

CREATE TABLE heard.signal (
    id      text PRIMARY KEY,
    version integer NOT NULL,
    leaf    text NOT NULL,
    items   text[] NOT NULL
);

-- What each row adds one to, in which region: the one definition, for counting as for checking.
CREATE VIEW heard.due AS
    SELECT 'initiative' AS source, id, 'register' AS subject, region, items FROM heard.initiative
    UNION ALL
    SELECT 'signal', id, 'signals', leaf, items FROM heard.signal
    UNION ALL
    SELECT 'invitation', v.id, v.campaign_id, i.leaf, CASE WHEN v.merged THEN '{}' ELSE ARRAY['invited'] END
    FROM heard.invitation v JOIN heard.initiative i ON i.id = v.initiative_id
    UNION ALL
    SELECT 'response', r.id, r.campaign_id, i.leaf, r.items
    FROM heard.response r JOIN heard.initiative i ON i.id = r.initiative_id;

-- What each row has added to the tally.
CREATE TABLE heard.contribution (
    source  text NOT NULL,
    id      text NOT NULL,
    subject text NOT NULL,
    region  text NOT NULL,
    items   text[] NOT NULL,
    PRIMARY KEY (source, id)
);

CREATE TABLE heard.tally (
    subject text NOT NULL,
    region  text NOT NULL,
    item    text NOT NULL,
    n       bigint NOT NULL,
    PRIMARY KEY (subject, region, item)
);

-- What has been published: reporting's own, never changed, not part of what is emptied.
CREATE SCHEMA published;

CREATE TABLE published.publication (
    id          text PRIMARY KEY,
    campaign_id text NOT NULL UNIQUE,
    title       text NOT NULL,
    at          timestamptz NOT NULL,
    closed      timestamptz NOT NULL
);

-- One page of a publication: `report` holds everything that it shows, after disclosure control.
CREATE TABLE published.page (
    publication_id text NOT NULL REFERENCES published.publication,
    region         text NOT NULL,
    report         jsonb NOT NULL,
    PRIMARY KEY (publication_id, region)
);

CREATE TABLE published.chart (
    publication_id text NOT NULL REFERENCES published.publication,
    region         text NOT NULL,
    block          text NOT NULL,
    svg            text NOT NULL,
    PRIMARY KEY (publication_id, region, block)
);

CREATE FUNCTION published.frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what is published never changes';
END
$$;
CREATE TRIGGER frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON published.publication
    FOR EACH STATEMENT EXECUTE FUNCTION published.frozen();
CREATE TRIGGER frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON published.page
    FOR EACH STATEMENT EXECUTE FUNCTION published.frozen();
CREATE TRIGGER frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON published.chart
    FOR EACH STATEMENT EXECUTE FUNCTION published.frozen();
