-- Which faults and warnings a partner can look for in its history: those that its newest events had.

CREATE INDEX answer_with_codes ON answer (partner, received_at DESC) WHERE codes <> '{}';
