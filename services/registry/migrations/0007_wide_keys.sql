-- A key that too many claims hold is no clue. Who hold it, is written down no longer: most of what a claim had to write, and
-- all of what is skipped when looking, were rows of such keys.

CREATE TABLE match_wide (
    key bigint PRIMARY KEY
);
COMMENT ON TABLE match_wide IS 'keys that once too many claims held at a time: they have no rows in match_key and get none';

INSERT INTO match_wide (key)
SELECT key FROM match_key GROUP BY key HAVING count(*) > 50;

DELETE FROM match_key USING match_wide WHERE match_key.key = match_wide.key;

-- Whether there are claims with another version of the comparing form is asked every few seconds.
CREATE INDEX match_claim_rules ON match_claim (rules);
