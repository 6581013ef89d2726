"""From values to array code as a person would write it: one expression an equation, no storage, in any array library.

fragment         a piece of code: its text, how strongly it binds, the axes of its dimensions
library          how an array library writes calls, reductions and what is written to
spelling         names, numbers and integer arrays of positions
alignment        the axes of one statement, in order, and what runs along them
reads            elements: slices, windows, fancy indices
contractions     sums over products: `@`, sums and `einsum`
expressions      everything else that a value is made of
statement_lines  steps: definitions, loops, conditions
line_breaks      long lines
weights          softmax without the guards that nothing masked needs
heads            how a function begins
"""
