"""Terms, and the algebra on them.

    what there is      poly, term, program, layer
    kept normal        leaves, conditions, arithmetic, binders: their constructors are imported from `build`
    walks              walks, rewrite (under binders), readings (behind guards), deep (how far)
    products           products, brackets
    domains            domains, equalities, match, box, cover, inside
    what follows       prove, elimination, witness, positive, divisors, size_facts; sign and wild of values
    what holds what    values, needed, integers
    written, checked   show, check

A walk, a product or a domain is taken apart here and nowhere else.
"""
