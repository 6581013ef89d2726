"""简体中文。用语依周志华《机器学习》与邱锡鹏《神经网络与深度学习》的通行译法：

    network            网络                        forward pass        前向传播
    layer              层                          backward pass       反向传播
    tensor             张量                        backpropagation     反向传播
    parameter          参数                        chain rule          链式法则
    loss               损失函数                    gradient            梯度
    δ, adjoint         误差项 δ（即伴随）          local derivative    局部导数
    cotangent          余切向量                    tangent             切向量
    index              指标                        subscript           下标
    label              标号（区分一族矩阵的指标）  range               取值范围
    size               大小                        shape               形状
    axis               轴                          scalar              标量
    indicator          指示函数                    element by element  逐元素
    multiply-add       乘加运算                    central difference  中心差分
    recurrence         递推                        Jacobian            雅可比矩阵
    gather, scatter    按索引读取、按索引累加      forward mode        前向模式
    kink               不可导点                    buffer, state       状态
    noise              噪声                        inner product       内积

中文之间、中文与全角标点之间不留空格；中文与公式、编号、西文之间留一个空格（ctex 将其排成恰当的间距）。
"""

from __future__ import annotations

from symbackprop.phrases.grammar import Phrase
from symbackprop.phrases.table import Phrases

__all__ = ["CHINESE"]

CHINESE = Phrases(
    code="zh-Hans",
    latex_package="ctex",
    between_sentences="",
    # --- a document ------------------------------------------------------------------------------------
    gradients_of=Phrase("{title} 的梯度"),
    needs=Phrase("{title} 的梯度：需要 ctex、amsmath、amssymb 与 longtable，用 XeLaTeX 或 LuaLaTeX 编译。"),
    symbols="符号",
    conventions="约定",
    forward_pass="前向传播",
    backward_pass="反向传播",
    gradients="梯度",
    operation_counts="运算量",
    the_code="代码",
    listing=Phrase("{items:a，b，c}"),
    before_ranges="对 ",
    remark=Phrase("（{reason}）"),
    # --- symbols ---------------------------------------------------------------------------------------
    size="大小（至少为 1）",
    runs_over="取遍它的指标",
    symbol="符号",
    in_the_code="代码中",
    meaning="含义",
    shape="形状",
    indices="指标",
    scalar="标量",
    adjoint_of=Phrase("{tensor} 的误差项（伴随），即 ∂loss/∂{tensor}"),
    shape_of=Phrase("同 {tensor}"),
    indices_of=Phrase("同 {tensor}"),
    integer_input="整数输入",
    integer_input_within=Phrase("整数输入，{range}"),
    input="输入",
    parameter="参数",
    state="状态",
    cotangent_of=Phrase("{tensor} 的余切向量，已给定"),
    noise=Phrase("噪声，服从 {distribution}"),
    direction_of=Phrase("{tensor} 的方向"),
    tangent_of=Phrase("{tensor} 的切向量"),
    inner_product="各输出与其余切向量的内积",
    the_loss="损失函数",
    part_of=Phrase("{tensor} 的一部分"),
    output="输出",
    defined_from=Phrase("见 {equations:a、b 和 c}"),
    intermediate="中间量",
    defined_by=Phrase("{meaning}，见 {equations:a、b 和 c}"),
    # --- conventions -----------------------------------------------------------------------------------
    adjoint_is=Phrase(
        "记 {definition}，即损失函数对 {tensor} 各元素的导数，其形状与 {tensor} 相同；它是从 {tensor} 到损失函数的所有"
        "路径上的贡献之和。"
    ),
    adjoint_of_product=Phrase(
        "记 {definition}，即 {product} 对 {tensor} 各元素的导数，其形状与 {tensor} 相同；它是从 {tensor} 到 {product} "
        "的所有路径上的贡献之和。"
    ),
    axes_stand="各轴按下标的顺序排列，数组亦然；未注明取值范围的指标从 0 开始。",
    indicator_is=Phrase("{indicator} 为指示函数，条件成立时取 1，否则取 0。"),
    adds=Phrase("{sign} 表示累加：从 0 开始，与同一张量的其他方程所得的值相加。"),
    at_a_kink=Phrase("在不可导点处，约定 {relu}，{modulus}。"),
    ties="最大值或最小值在多处取到时，梯度在各处平均分配。",
    average=Phrase(
        "取平均的因子已包含在损失函数 {equation} 中：它随第一个 δ 进入反向传播，因此各参数的梯度只需直接求和。"
    ),
    assumed=Phrase("假设：{facts}"),
    fact=Phrase("{fact}。"),
    fact_for=Phrase("{fact}（{ranges:a，b，c}）。"),
    layer=Phrase(
        "{definition} 是各输出与给定的余切向量的内积：对它求导，便得到余切向量与该层雅可比矩阵的乘积；它本身并不计算。"
    ),
    vectors=Phrase(
        "向量均为列向量。{ones} 表示 {number} 个 1 组成的向量；与矩阵相加的 {one} 与该矩阵形状相同。{times} 与 {over} "
        "分别表示逐元素相乘与相除；函数、幂 {power} 与条件 {condition} 也逐元素作用。{entries} 表示由这些元素组成"
        "的矩阵。"
    ),
    families=Phrase("轴数更多的张量视为一族矩阵或向量，以下标区分：{families:a；b；c}。"),
    family=Phrase("{members:a、b 和 c} 的大小为 {size}"),
    # --- equations -------------------------------------------------------------------------------------
    evaluated_together=Phrase("{equations:a、b 和 c} 联立递推，依次取 {order} 计算。"),
    recurrence=Phrase("{equations:a、b 和 c} 为递推式，依次取 {order} 计算。"),
    is_loss=Phrase("{tensor} 就是损失函数。"),
    is_read=Phrase("{tensor} 出现在 {equations:a、b 和 c} 中。"),
    is_output=Phrase("{tensor} 是输出，其余切向量为 {cotangent}。"),
    is_read_and_output=Phrase("{tensor} 出现在 {equations:a、b 和 c} 中，同时又是输出，其余切向量为 {cotangent}。"),
    not_kept="它不单独保存，而是直接代入用到它的式子。",
    chain_rule="链式法则",
    by_equation=Phrase("由 {equation} 得"),
    put_in=Phrase("代入 {values:a、b 和 c}"),
    case_by_case="分情形讨论",
    at_one_element="汇总同一元素收到的各项",
    locals_put_in="代入各局部导数",
    indicators_summed="由指示函数化简求和",
    no_matrix_form=Phrase("无矩阵形式：{reason}"),
    # --- in formulas -----------------------------------------------------------------------------------
    when="若",
    otherwise="否则",
    where="若",
    elsewhere="否则",
    training="训练时",
    true="真",
    false="假",
    direct="直接",
    rows="行",
    columns="列",
    # --- why there is no matrix form -------------------------------------------------------------------
    term_has_indices=Phrase("某一项含有 {count:#} 个指标 {indices:a、b、c}"),
    product_has_indices=Phrase("某个乘积含有 {count:#} 个指标 {indices:a、b、c}"),
    sum_of_nothing=Phrase("对 {index} 求和的式子与 {index} 无关，且求和范围可能为空"),
    shared_index=Phrase("{count:一|两|三|四|五|多}个因子共用指标 {index}"),
    diagonal_alone=Phrase("它只定义 {tensor} 的对角线"),
    all_labels="它的指标都是标号",
    part_of_rows=Phrase("{subscript} 只取遍 {tensor} 的一部分行"),
    part_of_columns=Phrase("{subscript} 只取遍 {tensor} 的一部分列"),
    read_at_row=Phrase("{tensor} 在第 {subscript} 行读取"),
    read_at_column=Phrase("{tensor} 在第 {subscript} 列读取"),
    written_at_row=Phrase("{tensor} 在第 {subscript} 行写入"),
    written_at_column=Phrase("{tensor} 在第 {subscript} 列写入"),
    runs_but_labels=Phrase("{index} 取遍行或列，却又是 {tensor} 的标号"),
    labels_but_runs=Phrase("{index} 是标号，却又取遍 {tensor} 的行或列"),
    scattered=Phrase("{tensor} 按 {positions} 索引累加"),
    gathered=Phrase("{tensor} 按 {positions} 索引读取"),
    too_wide="其中的矩阵一行排不下",
    # --- costs -----------------------------------------------------------------------------------------
    counts=Phrase(
        "乘加运算次数，写成各个大小的多项式。中心差分须对求导的 {entries} 个元素各计算两次损失函数；无复用的链式法则在"
        "每处用到 δ 时都重新计算它。"
    ),
    multiply_adds="乘加运算次数",
    forward="前向传播",
    backward="反向传播",
    central_differences="中心差分",
    chain_rule_without_reuse="无复用的链式法则",
    functions="函数求值次数",
    bytes_moved="数据读写量（字节）",
    peak_memory="峰值内存（字节）",
    # --- a page ----------------------------------------------------------------------------------------
    page_title=Phrase("{title}：反向传播"),
    skip_to_derivation="跳到推导",
    skip_to_code="跳到代码",
    gradients_verified="梯度已验证",
    gradients_not_verified="梯度未通过验证",
    what_is_shown="显示内容",
    derivation="推导",
    code_tab="代码",
    form="形式",
    form_index="指标",
    form_matrix="矩阵",
    form_both="两者",
    dark_or_light="深色或浅色",
    verification_failed="验证未通过。",
    which_are_wrong="哪些梯度有误",
    not_all_right=Phrase("本页给出的梯度并非全部正确：参见{link}。"),
    contents="目录",
    the_network="网络",
    cost="运算代价",
    verification="验证",
    hint=Phrase(
        "前向 {forward:#} 个方程，反向 {backward:#} 个方程。将光标指向方程或代码，即可看到彼此对应之处；单击或按 Enter "
        "键固定，按 Esc 键取消；用方向键逐个移动，或在方程与代码之间切换。"
    ),
    without_locals=Phrase("此网络方程众多，本页略去局部导数；用 {command} 可输出全部步骤。"),
    results_alone=Phrase("此网络方程众多，本页只列出结果；用 {command} 可输出全部步骤。"),
    release="取消固定",
    computed_in=Phrase("{label}：{tensor}，在 {functions:a、b 和 c} 中计算"),
    no_function="（无函数）",
    no_matrix_form_sentence=Phrase("无矩阵形式：{reason}。"),
    # --- its picture -----------------------------------------------------------------------------------
    show="显示",
    picture_choice=Phrase("{title}（{tensors:#}）"),
    every_tensor="全部张量",
    without_parameters="不含参数",
    parts_folded="折叠部件",
    blocks_folded="折叠模块",
    delta_flow="δ 的流向",
    zoom="缩放",
    smaller="缩小",
    larger="放大",
    fit="适应窗口",
    canvas="网络的计算图，可滚动",
    kind_noise="噪声",
    kind_buffer="状态",
    kind_loss="损失函数",
    kind_part="部件",
    legend_read="被读取",
    legend_delta="δ 的传递（∇ 或 ∂ℒ/∂：参数的梯度）",
    legend_recurrence="递推",
    block=Phrase("模块 {number}"),
    an_output="输出",
    node_equations=Phrase("({labels:a, b, c})"),
    node_delta_equations=Phrase("其 δ ({labels:a, b, c})"),
    node_members=Phrase("{members:a、b、c}"),
    node_delta=Phrase("{name} 的 δ"),
    spoken=Phrase("{name}：{labels:a、b、c}"),
    spoken_many=Phrase("{name}：{first} 至 {last}"),
    # --- its code --------------------------------------------------------------------------------------
    generated_code="生成的代码",
    module=Phrase("模块：{file}"),
    style="风格",
    style_fast="高效",
    style_plain="简明",
    lines=Phrase("{count:#} 行"),
    what_module_is="模块说明",
    what_is_kept="保存与返回的量",
    what_was_kept="前向传播保存的量",
    arguments_checked="参数检查",
    heading_parameters="参数",
    heading_functions="损失函数与梯度",
    heading_door="入口检查",
    heading_helpers="数值辅助函数",
    heading_optimiser="优化器",
    heading_storage="存储",
    heading_check="模块自检",
    # --- its costs -------------------------------------------------------------------------------------
    quantity="量",
    along_axis="横轴",
    in_steps=Phrase("{size}，分档调节"),
    logarithmic="两轴均为对数刻度；竖线标出所选的大小。",
    at_sizes=Phrase("{sizes} 时"),
    numbers_alone="所有大小都是具体数值",
    as_polynomials="写成各个大小的多项式",
    no_reuse="链式法则，无复用",
    # --- its verification ------------------------------------------------------------------------------
    verified="梯度已验证",
    not_verified="梯度未通过验证",
    tally=Phrase("{verdict}：{rows:a，b，c}。"),
    tally_at=Phrase("{verdict}（{sizes:a，b，c}）：{rows:a，b，c}。"),
    tally_at_more=Phrase("{verdict}（{sizes:a，b，c}，并在另外 {more:#} 组大小下精确验证）：{rows:a，b，c}。"),
    tallied=Phrase("{count:#} 项{verdict}"),
    verdict_pass="通过",
    verdict_fail="错误",
    verdict_kink="不可导点",
    verdict_noisy="受舍入干扰",
    verdict_unchecked="未检验",
    method_exact="精确",
    method_module="模块",
    method_numeric="数值",
    exact_compares="以大素数为模，将本页的方程与前向模式比较：完全没有舍入误差",
    module_compares="将本页的代码与方程的解释器比较，两者不共用任何部分",
    numeric_compares="将本页的代码与其自身计算结果的中心差分比较",
    table_scrolls="验证结果表，可滚动",
    column_tensor="张量",
    column_method="方法",
    column_verdict="结论",
    column_entries="元素数",
    column_worst="误差最大处",
    column_analytic="解析值",
    column_reference="参考值",
    column_error="误差",
    noted=Phrase("{tensor}（{method}）：{note}"),
    # --- what its scripts say; holes of one thing alone ------------------------------------------------
    script_equation="方程 ",  # before the label of one
    script_comma="，",
    script_over=Phrase("{quantity}随 {axis} 的变化"),
    script_undefined=Phrase("网络在这些大小下没有定义，须满足 {conditions}。"),
    script_held=Phrase("自 ({first}) 起共 {count} 个方程"),
    script_show_equation="查看方程",
    script_show_code="查看代码",
    script_light="浅色主题",
    script_dark="深色主题",
    # --- notes of verification -------------------------------------------------------------------------
    note_slow="在这些大小下解释器耗时过长：需要它的检验改用较小的大小",
    note_no_loss="未找到使损失函数有限的数据：只做了精确验证",
    note_no_outputs="未找到使输出有限的数据：只做了精确验证",
    note_value_differs=Phrase("{tensor} 的值与原网络不同（{sizes:a，b，c}）{numbers}"),
    note_gradient_differs=Phrase("其梯度与前向模式不同（{sizes:a，b，c}）{numbers}"),
    note_modulo="（模 p 的数）",
    note_value_wrong="它所依赖的某个值有误",
    note_pole="抽取的数据都落在网络的极点上",
    note_digits="剩余类无法判定，以 60 位精度验证",
    note_stopped="stop_gradient 使其梯度不同于损失函数的斜率",
    note_intermediate="中间量无法单独变动",
    note_shape=Phrase("梯度的形状为 {found}，而张量的形状为 {expected}"),
    note_empty="没有元素",
    note_counts=Phrase("{counts:a，b，c}"),
    note_sampled=Phrase("抽取了 {size:#} 个元素中的 {entries:#} 个"),
    note_nothing_returned=Phrase("模块没有返回值；应有形状 {expected}"),
    note_returned=Phrase("模块返回的数组形状为 {found}；应为 {expected}"),
    note_module_differs="模块与解释器的结果不同",
    note_differs_at=Phrase("{note}（{sizes:a，b，c}，{dtype}）"),
    note_not_finite=Phrase("{size:#} 个元素中有 {entries:#} 个在这些数据下不是有限值，解释器亦然"),
    note_singular="仅在未选取的分支奇异处不是有限值",
)
