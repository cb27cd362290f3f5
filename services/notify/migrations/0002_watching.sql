-- New kinds of notification: whoever follows the kind that stands closest to it, follows it too.

INSERT INTO subscription (staff_id, kind, region, how)
SELECT staff_id, new.kind, region, coalesce(new.how, subscription.how)
FROM subscription JOIN (VALUES
    ('possible-duplicate', 'contested-duplicate', NULL),
    ('partner-silent', 'sequence-gap', NULL),
    ('partner-suspended', 'event-set-aside', 'at-once')
) AS new (beside, kind, how) ON new.beside = subscription.kind
ON CONFLICT DO NOTHING;

-- The person at a partner, for the daily mail about what the partner sent.
CREATE TABLE partner_contact (
    partner text PRIMARY KEY,
    version bigint NOT NULL,
    email   text
);
