-- Words and permissions of a response: one row beside its answers, for each row and its reference costs as much as what it holds.

CREATE TABLE response_apart (
    response_id text PRIMARY KEY REFERENCES response ON DELETE CASCADE,
    words       jsonb NOT NULL,
    permissions jsonb NOT NULL
);

INSERT INTO response_apart
SELECT r.id,
       coalesce((SELECT jsonb_object_agg(t.code, t.text) FROM response_text t WHERE t.response_id = r.id), '{}'),
       coalesce(
           (
               SELECT jsonb_agg(
                   jsonb_build_object(
                       'purpose', c.purpose, 'given', c.given, 'text', c.text, 'channel', c.channel,
                       'at', to_char(c.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
                   ) ORDER BY c.purpose
               )
               FROM consent c WHERE c.response_id = r.id
           ),
           '[]'
       )
FROM response r
WHERE EXISTS (SELECT FROM response_text t WHERE t.response_id = r.id)
   OR EXISTS (SELECT FROM consent c WHERE c.response_id = r.id);

DROP TABLE response_text, consent;
