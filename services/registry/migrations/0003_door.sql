-- What partners come in with: an API token for the HTTP door and the pages, users at the broker for AMQP.

CREATE TABLE token (
    sha256      bytea PRIMARY KEY CHECK (octet_length(sha256) = 32),
    partner     text NOT NULL REFERENCES partner,
    issued_at   timestamptz NOT NULL,
    expires_at  timestamptz
);
COMMENT ON TABLE token IS 'of a token only its hash is kept; what is taken back is deleted';
COMMENT ON COLUMN token.expires_at IS 'from this moment it opens nothing; null: until it is replaced or taken back';
CREATE INDEX token_of ON token (partner);

CREATE TABLE broker_user (
    name        text PRIMARY KEY,
    partner     text NOT NULL REFERENCES partner,
    issued_at   timestamptz NOT NULL,
    expires_at  timestamptz
);
COMMENT ON TABLE broker_user IS 'the partners'' users at the broker, which holds their passwords; two while a password is being replaced';
COMMENT ON COLUMN broker_user.expires_at IS 'from this moment the operator''s command removes it from the broker; null: it stays';
CREATE INDEX broker_user_of ON broker_user (partner);

-- Who was aboard already came in with one user.
INSERT INTO broker_user (name, partner, issued_at) SELECT name || '.1', name, boarded_at FROM partner;
