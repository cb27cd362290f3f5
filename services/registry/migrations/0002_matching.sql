-- The index by which claims find those that may be the same. All of it can be made again from claims and contacts.
-- Keys and values are 64-bit hashes of texts such as "p:+31301234567": short, and no list of telephone numbers.

CREATE TABLE match_claim (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    partner      text NOT NULL,
    external_id  text NOT NULL,
    rules        integer NOT NULL,
    features     jsonb NOT NULL,
    keys         bigint[] NOT NULL,
    vals         bigint[] NOT NULL,
    UNIQUE (partner, external_id)
);
COMMENT ON TABLE match_claim IS 'live claims in comparing form; holds personal data: dropped with the claim or its contact';
COMMENT ON COLUMN match_claim.rules IS 'version of the comparing form; what has another is made anew';

CREATE TABLE match_key (
    key    bigint NOT NULL,
    claim  bigint NOT NULL,
    PRIMARY KEY (key, claim)
);
COMMENT ON TABLE match_key IS 'which claims hold a key: as match_claim.keys, the other way around';

CREATE TABLE match_value (
    value    bigint NOT NULL,
    partner  text NOT NULL,
    claims   integer NOT NULL CHECK (claims >= 0),
    PRIMARY KEY (value, partner)
) WITH (fillfactor = 80);
COMMENT ON TABLE match_value IS 'how many claims of each partner hold a value';
