-- What the partner's own pages keep: sheets that were uploaded, until they have been dealt with, and wrong logins.

CREATE TABLE upload (
    id            uuid PRIMARY KEY,
    partner       text NOT NULL REFERENCES partner,
    source        text NOT NULL,
    filename      text NOT NULL,
    uploaded_at   timestamptz NOT NULL,
    status        text NOT NULL CHECK (status IN ('read', 'sending', 'sent', 'done')),
    sheet         jsonb NOT NULL,
    confirmed_at  timestamptz,
    tried_at      timestamptz,
    trouble       text CHECK (trouble IN ('full', 'away')),
    counts        jsonb,
    CHECK ((status = 'read') = (confirmed_at IS NULL)),
    CHECK ((status = 'done') = (counts IS NOT NULL))
);
COMMENT ON COLUMN upload.source IS 'in whose name its events speak';
COMMENT ON COLUMN upload.sheet IS 'what is known of the sheet as a whole: its columns';
COMMENT ON COLUMN upload.tried_at IS 'when it last had its turn to be sent: who waited longest goes first';
COMMENT ON COLUMN upload.trouble IS 'why sending stands still: the partner''s queue is full, or the broker is away';
COMMENT ON COLUMN upload.counts IS 'what became of its rows, when all had been answered';
CREATE INDEX upload_of ON upload (partner, uploaded_at DESC);
CREATE INDEX upload_unfinished ON upload (tried_at) WHERE status IN ('sending', 'sent');
CREATE INDEX upload_by_age ON upload (uploaded_at);

CREATE TABLE upload_row (
    upload_id    uuid NOT NULL REFERENCES upload ON DELETE CASCADE,
    position     integer NOT NULL,
    number       integer,
    external_id  text,
    name         text,
    outlook      text NOT NULL CHECK (outlook IN ('new', 'changed', 'same', 'repeated', 'refused', 'vanished')),
    event_type   text NOT NULL,
    event_id     text,
    body         bytea,
    cells        jsonb NOT NULL,
    sources      jsonb NOT NULL,
    problems     jsonb NOT NULL,
    warnings     jsonb NOT NULL,
    sent_at      timestamptz,
    PRIMARY KEY (upload_id, position),
    CHECK ((body IS NULL) = (event_id IS NULL))
);
COMMENT ON TABLE upload_row IS 'personal data; of an upload that is done only the refused rows stay, and those 30 days';
COMMENT ON COLUMN upload_row.position IS 'order of showing and sending';
COMMENT ON COLUMN upload_row.number IS 'in the sheet; null for an initiative that is no longer in it';
COMMENT ON COLUMN upload_row.outlook IS 'what would become of it, as far as could be told when it was read';
COMMENT ON COLUMN upload_row.body IS 'the event, the same however often it is sent; null: nothing is to be sent';
COMMENT ON COLUMN upload_row.sources IS 'by JSON Pointer, the index of the column from which a part of the event came';
CREATE INDEX upload_row_unsent ON upload_row (upload_id, position) WHERE body IS NOT NULL AND sent_at IS NULL;

CREATE TABLE wrong_token (
    id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    who  text NOT NULL,
    at   timestamptz NOT NULL
);
COMMENT ON TABLE wrong_token IS 'logins with a token that is none, by network address; forgotten within an hour';
CREATE INDEX wrong_token_of ON wrong_token (who, at);
