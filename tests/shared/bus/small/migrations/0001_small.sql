CREATE TABLE effect (
    id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event text NOT NULL,
    what  text NOT NULL
);
CREATE TABLE known (
    initiative_id text PRIMARY KEY,
    version       bigint NOT NULL
);
