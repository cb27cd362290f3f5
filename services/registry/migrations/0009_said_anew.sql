-- What an initiative says hangs on a claim for each response, and goes along when that response turns out to be another's. What a
-- newer response on the same claim says anew is kept, and read no more.

ALTER TABLE own_statement ADD COLUMN covered_by text;
COMMENT ON COLUMN own_statement.covered_by IS 'the newer response on the same claim that leaves nothing of this one to count';
DROP INDEX own_statement_claim;
CREATE INDEX own_statement_claim ON own_statement (partner, external_id) WHERE covered_by IS NULL;
CREATE INDEX own_statement_covered ON own_statement (covered_by) WHERE covered_by IS NOT NULL;

ALTER TABLE own_consent ADD COLUMN response_id text, ADD COLUMN covered_by text;
UPDATE own_consent SET response_id = 'claim:' || partner || ':' || external_id;
ALTER TABLE own_consent DROP CONSTRAINT own_consent_pkey, ADD PRIMARY KEY (response_id, purpose);
COMMENT ON COLUMN own_consent.response_id IS 'or claim:… and initiative:… for what was said without naming the response';
COMMENT ON COLUMN own_consent.covered_by IS 'the newer response on the same claim that says the same purpose anew';
CREATE INDEX own_consent_claim ON own_consent (partner, external_id) WHERE covered_by IS NULL;
CREATE INDEX own_consent_covered ON own_consent (covered_by) WHERE covered_by IS NOT NULL;
