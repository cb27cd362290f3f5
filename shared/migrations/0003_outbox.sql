-- A row of the outbox holds one event or more, with commas between them, for one routing key.

ALTER TABLE bus.outbox ADD COLUMN events integer NOT NULL DEFAULT 1;

-- It is deleted within the second: compressing it would be work for nothing.
ALTER TABLE bus.outbox ALTER COLUMN body SET STORAGE EXTERNAL;
