"""How claims are compared, field by field: what agreement and difference are worth, in bits."""
