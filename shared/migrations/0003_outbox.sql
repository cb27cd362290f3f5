-- A row of the outbox holds one event or more, with commas between them, for one routing key.

ALTER TABLE bus.outbox ADD COLUMN events integer NOT NULL DEFAULT 1;
