"""Terms, and the algebra on them.

    what there is      poly, term, program, layer
    kept normal        leaves, conditions, arithmetic, binders: their constructors are imported from `build`
    walks              walks, rewrite (under binders), readings (behind guards), deep (how far)
    products           products, addend, brackets
    domains            domains, equalities, match, box, cover, inside
    what follows       prove, elimination, witness, positive, divisors, size_facts; sign and wild of values
    what holds what    held_values, needed, integers
    written, checked   writing, namer, show, check_program

A walk, a product or a domain is taken apart here and nowhere else.
"""
