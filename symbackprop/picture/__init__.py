"""The picture of a network: its tensors, who reads them, and the way of the δ back.

From a derivation to text, each file a step::

    network_graph  the graph: nodes, what reads them, the way of the δ; `named_parts` of it folded
    views          the graphs that a reader chooses from: every tensor, its blocks alone, what lies between
    layout         layers, order, coordinates: Sugiyama's
    outlines       the outline of each kind of node; `curves` for the arrows
    drawing        both in place, in pixels, before any notation; names as wide as `svg_symbols` has them
    svg, tikz      the notations
    picture        what `Derivation.picture` returns
    paper          which views a printed page has room for

`memory_plan` draws where in C each buffer lies, and when. A plot over sizes that double is `log_plot`'s; `device_plot`
is one of what each of several devices sends and holds.
"""
