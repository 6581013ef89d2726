"""What there is to say: a field for each phrase, its words in the table of each language."""

from __future__ import annotations

from dataclasses import dataclass

from symbackprop.phrases.grammar import Phrase

__all__ = ["Phrases"]


@dataclass(frozen=True, slots=True)
class Phrases:
    """The phrases of one language: text, or a `Phrase` where there are holes. `name`: of the language; `code`: the same
    as HTML has it; `latex_package`: the one that its letters need in LaTeX; `between_sentences`: what stands between
    two of them.
    """

    name: str
    code: str
    latex_package: str
    between_sentences: str
    # --- a document ------------------------------------------------------------------------------------
    gradients_of: Phrase
    needs: Phrase
    symbols: str
    conventions: str
    forward_pass: str
    backward_pass: str
    gradients: str
    operation_counts: str
    the_code: str
    listing: Phrase
    before_ranges: str
    between_cells: str
    remark: Phrase
    # --- symbols ---------------------------------------------------------------------------------------
    size: str
    runs_over: str
    symbol: str
    in_the_code: str
    meaning: str
    shape: str
    indices: str
    scalar: str
    adjoint_of: Phrase
    shape_of: Phrase
    indices_of: Phrase
    integer_input: str
    integer_input_within: Phrase
    input: str
    parameter: str
    state: str
    cotangent_of: Phrase
    noise: Phrase
    direction_of: Phrase
    tangent_of: Phrase
    inner_product: str
    the_loss: str
    part_of: Phrase
    output: str
    defined_from: Phrase
    intermediate: str
    defined_by: Phrase
    # --- conventions -----------------------------------------------------------------------------------
    adjoint_is: Phrase
    adjoint_of_product: Phrase
    axes_stand: str
    indicator_is: Phrase
    adds: Phrase
    at_a_kink: Phrase
    ties: str
    loss_factor: Phrase
    assumed: Phrase
    fact: Phrase
    fact_for: Phrase
    layer: Phrase
    vectors: Phrase
    families: Phrase
    family: Phrase
    # --- equations -------------------------------------------------------------------------------------
    evaluated_together: Phrase
    recurrence: Phrase
    these: Phrase
    equations_at: Phrase
    first_to_last: Phrase
    is_loss: Phrase
    is_read: Phrase
    is_output: Phrase
    is_read_and_output: Phrase
    substituted: str
    gives_also: Phrase
    chain_rule: str
    by_equation: Phrase
    put_in: Phrase
    by_cases: str
    in_total: str
    locals_put_in: str
    indicators_summed: str
    no_matrix_form: Phrase
    # --- in formulas -----------------------------------------------------------------------------------
    when: str
    otherwise: str
    where: str
    elsewhere: str
    training: str
    true: str
    false: str
    direct: str
    rows: str
    columns: str
    # --- why there is no matrix form -------------------------------------------------------------------
    term_has_indices: Phrase
    product_has_indices: Phrase
    sum_of_nothing: Phrase
    shared_index: Phrase
    diagonal_alone: Phrase
    all_labels: str
    part_of_rows: Phrase
    part_of_columns: Phrase
    read_at_row: Phrase
    read_at_column: Phrase
    written_at_row: Phrase
    written_at_column: Phrase
    runs_but_labels: Phrase
    labels_but_runs: Phrase
    scattered: Phrase
    gathered: Phrase
    too_wide: str
    # --- costs -----------------------------------------------------------------------------------------
    counts: Phrase
    multiply_adds: str
    forward: str
    backward: str
    central_differences: str
    chain_rule_without_reuse: str
    functions: str
    bytes_moved: str
    peak_memory: str
    # --- a page ----------------------------------------------------------------------------------------
    page_title: Phrase
    skip_to_derivation: str
    skip_to_code: str
    gradients_verified: str
    gradients_not_verified: str
    what_is_shown: str
    derivation: str
    code_tab: str
    form: str
    form_index: str
    form_matrix: str
    form_both: str
    dark_or_light: str
    verification_failed: str
    which_are_wrong: str
    not_all_right: Phrase
    contents: str
    cost: str
    verification: str
    hint: Phrase
    hint_of_the_divider: str
    without_locals: Phrase
    results_alone: Phrase
    release: str
    computed_in: Phrase
    no_function: str
    no_matrix_form_sentence: Phrase
    divider: str
    # --- the picture of a network ----------------------------------------------------------------------
    the_network: str
    network_and_delta: Phrase
    shown_bare: str
    shown_parts: str
    shown_blocks: str
    arrows: str
    goes_on: str
    too_large: Phrase
    no_tikz: str
    show: str
    picture_choice: Phrase
    every_tensor: str
    without_parameters: str
    parts_folded: str
    blocks_folded: str
    delta_flow: str
    zoom: str
    smaller: str
    larger: str
    fit: str
    canvas: str
    kind_noise: str
    kind_buffer: str
    kind_loss: str
    kind_part: str
    legend_read: str
    legend_delta: str
    legend_recurrence: str
    block: Phrase
    an_output: str
    node_equations: Phrase
    node_delta_equations: Phrase
    node_members: Phrase
    node_delta: Phrase
    spoken: Phrase
    spoken_many: Phrase
    # --- its code --------------------------------------------------------------------------------------
    generated_code: str
    module: Phrase
    style: str
    style_fast: str
    style_plain: str
    wrap: str
    follow: str
    copy: str
    lines: Phrase
    what_module_is: str
    what_is_kept: str
    what_was_kept: str
    arguments_checked: str
    heading_parameters: str
    heading_functions: str
    heading_door: str
    heading_helpers: str
    heading_optimiser: str
    heading_storage: str
    heading_arrays: str
    heading_check: str
    # --- its costs -------------------------------------------------------------------------------------
    quantity: str
    along_axis: str
    in_steps: Phrase
    logarithmic: str
    at_sizes: Phrase
    numbers_alone: str
    as_polynomials: str
    no_reuse: str
    measured_step: str
    step_takes: Phrase
    step_takes_at: Phrase
    step_peak: Phrase
    step_bars: str
    step_rest: str
    column_share: str
    column_peak: str
    # --- its verification ------------------------------------------------------------------------------
    verified: str
    not_verified: str
    tally: Phrase
    tally_at: Phrase
    tally_at_more: Phrase
    tallied: Phrase
    verdict_pass: str
    verdict_fail: str
    verdict_kink: str
    verdict_noisy: str
    verdict_unchecked: str
    method_exact: str
    method_module: str
    method_numeric: str
    exact_compares: str
    module_compares: str
    numeric_compares: str
    table_scrolls: str
    column_tensor: str
    column_method: str
    column_verdict: str
    column_entries: str
    column_worst: str
    column_analytic: str
    column_reference: str
    column_error: str
    noted: Phrase
    # --- what its scripts say; holes of one thing alone ------------------------------------------------
    script_equation: str
    script_comma: str
    script_over: Phrase
    script_undefined: Phrase
    script_held: Phrase
    script_show_equation: str
    script_show_code: str
    script_light: str
    script_dark: str
    script_copied: Phrase
    script_not_copied: str
    # --- notes of verification -------------------------------------------------------------------------
    note_slow: str
    note_no_loss: str
    note_no_outputs: str
    note_value_differs: Phrase
    note_gradient_differs: Phrase
    note_modulo: str
    note_value_wrong: str
    note_pole: str
    note_digits: str
    note_stopped: str
    note_intermediate: str
    note_shape: Phrase
    note_empty: str
    note_counts: Phrase
    note_sampled: Phrase
    note_nothing_returned: Phrase
    note_returned: Phrase
    note_module_differs: str
    note_differs_at: Phrase
    note_not_finite: Phrase
    note_singular: str
