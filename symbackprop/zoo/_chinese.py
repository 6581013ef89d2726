"""各示例网络的中文说明：与其模块的文档字符串一一对应，结构相同。

首行为标题；缩进的各行为公式，符号与原文一致；其后为形状与出处。
"""

from __future__ import annotations

__all__ = ["CHINESE"]

CHINESE: dict[str, str] = {
    "attention": """因果多头自注意力，以最小二乘法拟合目标

    q = Wq x + bq,   key = Wk x + bk,   v = Wv x + bv，各头分别计算
    若 s ≤ t，score[t, s] = q[t] · key[s] / √K；若 s 为未来时刻，则取 −∞
    w = score 对 s 的 softmax,   o[t] = Σ_s w[t, s] v[s],   out = Wo o + bo，o 由各头拼接而成
    loss = ½ |out − target|²，对 n 与 t 取平均

形状：x 与 target (N, T, D) 为序列；Wq、Wk、Wv (A, K, D) 及其偏置 (A, K) 对应 A 个大小为 K 的头；
Wo (D, A, K)、bo (D,)。损失函数不随 bk 变化（bk 只使 score 的每一行整体平移），故 bk 的梯度为零。

出处：A. Vaswani et al., Attention is all you need, NeurIPS (2017)，第 3.2.1 至 3.2.3 节。""",
    "autoencoder": """深度自编码器：将数据压缩为低维编码再重构，以交叉熵为损失函数

    a1 = sigmoid(W1 x + b1),   code = W2 a1 + b2                     编码器
    a3 = sigmoid(W3 code + b3),   logits = W4 a3 + b4                解码器
    loss = Σ_i log(1 + exp logits) − x ⊙ logits，即 x 与 sigmoid(logits) 的交叉熵，对 n 取平均

形状：x (N, D) 为取值在 0 与 1 之间的数据；W1 (H, D)、b1 (H,)、W2 (K, H)、b2 (K,)、W3 (H, K)、b3 (H,)、W4 (D, H)、
b4 (D,)。

出处：G. E. Hinton, R. R. Salakhutdinov, Reducing the dimensionality of data with neural networks, Science 313 (2006)，
其编码单元为线性单元，其余单元均为 logistic 单元。""",
    "bert_mlm": """BERT 的掩码语言模型：以双向的 Transformer 还原被遮盖的词

    x = norm(E[token] + P[位置] + G[segment])
    各模块：x ← norm(x + attention(x)),   x ← norm(x + W2 gelu(W1 x + b1) + b2)，不关注填充处
    u[m] = norm(gelu(W x + b))，其中 x 取自位置 place[m]，  logits[m] = E · u[m] + bias
    loss = Σ weight · −log softmax(logits)[word]，对 n 与 m 求和，再除以 weight 的总和加 ε

形状：token、segment 与 present (N, T) 分别为小于 V、2、2 的非负整数，填充处 `present` 为 0；
place (N, M) 为小于 T 的非负整数，是被遮盖的位置；word (N, M) 为小于 V 的非负整数，是该处原来的词；
weight (N, M) 为其权重，空余的位置权重为 0；E (V, D)、P (T, D)、G (2, D)；
每个模块有 `layers.transformer_block` 的权重（A 个头）；W (D, D)、b (D,)、bias (V,)。

出处：J. Devlin, M.-W. Chang, K. Lee, K. Toutanova, BERT: pre-training of deep bidirectional transformers for language
understanding, NAACL (2019)，第 3.1 节与图 2；输出头取自其参考代码。""",
    "crf": """线性链条件随机场：前向递推与标签的边缘概率

    e[t] = W x[t] + b                                                      各时刻各标签的得分
    α[0] = start + e[0],   α[t, k] = e[t, k] + log Σ_j exp(α[t−1, j] + A[j, k])
    gold = start[y₀] + Σ_t e[t, y_t] + Σ_t A[y_{t−1}, y_t]
    loss = log Σ_k exp(α[T−1, k]) − gold，对 n 取平均
    β[T−1] = 0,   β[t, j] = log Σ_k exp(A[j, k] + e[t+1, k] + β[t+1, k]),   marginal = exp(α + β − log Z)

形状：x (N, T, D) 为序列，y (N, T) 为其标签，取小于 K 的非负整数；W (K, D)、b (K,)；
A (K, K) 为由一个标签到下一个标签的转移得分，start (K,)。β 用于计算 `predict` 返回的边缘概率，损失函数并不需要它。

出处：J. Lafferty, A. McCallum, F. Pereira, Conditional random fields, ICML (2001)；
C. Sutton, A. McCallum, An introduction to conditional random fields (2012)，第 4.1 节。""",
    "ctc_speech": """语音识别：以双向 GRU 将声音的各帧转为字母，用 CTC 对齐

    a = 对各帧沿时间卷积后取 relu,   h = 双向 GRU 的状态
    log p[t] = log softmax(W h[t] + b)，取遍各字母与空白符
    loss = −log Σ 拼出样本 n 的标签的各条路径的概率，除以标签的长度，再对 n 取平均

形状：x (N, D, T) 为各帧，每帧含 D 个频带；label (N, U) 为小于 C 的非负整数；
frames (N,) 与 letters (N,) 为有效长度，分别为小于 T + 1 与小于 U + 1 的非负整数；字母 0 为空白符，也计入 C。
K (F, D, 3) 与 b (F,) 为卷积的参数；每个方向有 W (3, H, F)，U (3, H, H)，b 与 c (3, H)；W_head (C, 2H)、b_head (C,)。

出处：A. Graves, S. Fernández, F. Gomez, J. Schmidhuber, Connectionist temporal classification, ICML (2006)，
式 (5) 至 (8)；网络的结构依 A. Hannun et al., Deep Speech, arXiv:1412.5567 (2014)，但改用门控单元。""",
    "deep_mlp": """深度为符号的多层感知机：层数也只是一个大小

    a[0] = V x + c,   z[l] = W[l] a[l−1] + b[l],   a[l] = tanh(z[l])，其中 l = 1..L
    logits = U a[L] + d,   loss = −log softmax(logits)[n, 样本 n 的标签]，对 n 取平均

形状：x (N, D) 为数据，label (N,) 为小于 C 的非负整数；V (H, D)、c (H,)、W (L, H, H)、b (L, H)、U (C, H)、d (C,)。
W 与 b 从 0 开始计数，故第 l 层用 W[l − 1]。由 δ[l + 1] 求 δ[l] 只需一个递推式，它适用于任意深度。

出处：M. A. Nielsen, Neural Networks and Deep Learning (2015)，第 2 章，式 (BP1) 至 (BP4)。""",
    "embedding": """词袋嵌入：对文本中各词元的向量取平均，以 softmax 分类

    m[n] = E[token[n, t]] 对 t 的平均，  z = W m + b,   p = softmax(z)
    loss = −log p[n, 样本 n 的标签]，对 n 取平均

形状：token (N, T) 为小于 V 的非负整数，label (N,) 为小于 C 的非负整数；E (V, D)、W (C, D)、b (C,)。

出处：A. Joulin, E. Grave, P. Bojanowski, T. Mikolov, Bag of tricks for efficient text classification, EACL (2017)。""",
    "factorization_machine": """因子分解机：在线性模型上，为每对特征加上其因子的内积

    pairs = ½ Σ_f ((Σ_i V[i, f] x[i])² − Σ_i V[i, f]² x[i]²)，即 Σ_{i<j} (V[i] · V[j]) x[i] x[j]
    prediction = w0 + w · x + pairs
    loss = ½ (prediction − y)²，对 n 取平均

形状：x (N, D) 为特征，y (N,) 为目标值；w0 ()、w (D,)、V (D, F)。

出处：S. Rendle, Factorization machines, ICDM (2010)，式 (1) 与引理 3.1。""",
    "gcn": """图卷积网络：两次对相邻节点取平均，只有少数节点带标签

    degree[v] = 1 + Σ_u edge[v, u]
    S[v, u] = (edge[v, u] + 1) / √(degree[v] degree[u])，其中的 1 仅当 v = u 时才加
    a = relu(S X W1 + b1),   logits = S a W2 + b2
    loss = −log softmax(节点 labelled[m] 的 logits)[label[m]]，对 m 取平均

形状：x (V, D) 为各节点的特征；edge (V, V) 的元素为整数 0 或 1，是对角线为零的对称矩阵；
labelled (M,) 为小于 V 的非负整数，label (M,) 为小于 C 的非负整数；W1 (D, H)、b1 (H,)、W2 (H, C)、b2 (C,)。

出处：T. N. Kipf, M. Welling, Semi-supervised classification with graph convolutional networks, ICLR (2017)，
式 (2) 与 (9)。""",
    "gmm": """高斯混合模型的对数似然，协方差矩阵取一般形式

    d = x − μ_k,   u_k = L_k d,   L_k 为下三角矩阵，对角线元素为 exp(q_k)：L_kᵀ L_k 即精度矩阵
    s_k = log π_k + Σ log diag(L_k) − ½ |u_k|² − ½ D log 2π,   π = softmax(α)
    loss = −log Σ_k exp(s_k)，对 n 取平均

形状：x (N, D) 为数据；alpha (K,)、mu (K, D)、q (K, D)；lower (K, D, D)，其对角线及对角线以上的元素并不读取，
故梯度为零。输出为各混合成分对各数据点的响应度，即后验概率。

出处：F. Srajer, Z. Kukelova, A. Fitzgibbon, A benchmark of selected algorithmic differentiation tools on some problems
in computer vision and machine learning, Optimization Methods and Software 33 (2018)，第 3.1 节。""",
    "gpt2": """GPT-2：预测下一个词元的因果 Transformer，输出层与嵌入共享权重

    x = E[token] + P[位置]
    各模块：x ← x + attention(norm x)，每个位置只读取自身及之前的位置，  x ← x + W2 gelu(W1 norm x + b1) + b2
    logits = E · norm x,   p = softmax(logits)
    loss = −log p[n, t, target]，对 n 与 t 取平均

形状：token 与 target (N, T) 为小于 V 的非负整数，target 为后一个词元；E (V, D)；P (M, D) 至多容纳 M 个位置，T ≤ M；
每个模块有 `layers.transformer_block` 的权重。`layers`、`heads` 与 `width` 可取具体数值，
论文中最小的模型取 12、12 与 768；后两者也可不取数值，而留作大小 A 与 D。gelu 采用 tanh 形式。

出处：A. Radford et al., Language models are unsupervised multitask learners (2019)，第 2.3 节；
模块取自 A. Vaswani et al., Attention is all you need (2017)，但归一化在前。""",
    "gru_seq2seq": """GRU 编码器与带注意力的 GRU 解码器，以教师强制训练

    key[s] = GRU 读入源序列的嵌入所得的状态
    energy[t, s] = v · tanh(A h[t−1] + B key[s]),   w = energy 对 s 的 softmax,   context[t] = Σ_s w[t, s] key[s]
    r, u = sigmoid(M e[t] + K context[t] + U h[t−1] + b),   c = tanh(M e[t] + K context[t] + U (r ⊙ h[t−1]) + b)
    h[t] = (1 − u) ⊙ c + u ⊙ h[t−1],   h[0] = tanh(B0 key[末时刻] + b0)
    logits[t] = O h[t] + Q context[t] + o,   loss = −log softmax(logits)[target]，对 n 与 t 取平均

形状：source (S, N) 为小于 V 的非负整数；previous 与 target (T, N) 为小于 W 的非负整数：target 为目标序列的各词，
previous 为推后一步的同一序列；E_source (V, D)、E_target (W, D)，编码器的 W、U、b、c；A 与 B (J, H)，v (J,)，
M (3, H, D)，K 与 U (3, H, H)，b (3, H)，B0 (H, H)，b0 (H,)，O 与 Q (W, H)，o (W,)。

出处：D. Bahdanau, K. Cho, Y. Bengio, Neural machine translation by jointly learning to align and translate, ICLR
(2015)，附录 A.1.2 与 A.2.2；此处编码器为单向，输出用普通的 softmax。""",
    "hmm": """观测为离散符号的隐马尔可夫模型，以似然的梯度拟合

    log start = log softmax(a),   log A[j] = log softmax(b[j]),   log B[k] = log softmax(c[k])
    α[0, k] = log start[k] + log B[k, symbol 0]
    α[t, k] = log B[k, symbol t] + log Σ_j exp(α[t−1, j] + log A[j, k])                前向算法
    loss = −log Σ_k exp(α[T−1, k])，对 n 取平均
    filtered[t] = α[t] 的 softmax：已知截至时刻 t 的符号时，各状态的概率

形状：symbol (N, T) 为小于 V 的非负整数；a (K,)，b (K, K) 由一个状态转移到下一个状态，c (K, V)：
三者均为未归一化的对数概率，因此无论如何更新，所得的始终是概率。取对数可使长序列不致下溢。

出处：L. R. Rabiner, A tutorial on hidden Markov models, Proc. IEEE 77 (1989)，式 (19) 至 (21)。""",
    "layer_norm_mlp": """隐藏层作层归一化的多层感知机

    z1 = W1 x + b1,   μ = z1 各单元的均值，  σ² = 各单元的方差
    u = (z1 − μ) / √(σ² + ε),   a1 = gelu(gain ⊙ u + shift),   z2 = W2 a1 + b2,   p = softmax(z2)
    loss = −log p[n, 样本 n 的标签]，对 n 取平均

形状：x (N, D) 为数据，label (N,) 为小于 C 的非负整数；W1 (H, D)，b1、gain 与 shift (H,)，W2 (C, H)，b2 (C,)。

出处：J. L. Ba, J. R. Kiros, G. E. Hinton, Layer normalization, arXiv:1607.06450 (2016)，式 (4)。""",
    "lenet": """仿 LeNet-5 的卷积分类网络：两个卷积层各接最大池化，再接两个全连接层

    z1 = K1 * x + b1,    a1 = relu(z1),   p1 = a1 的每个 2 × 2 块的最大值
    z2 = K2 * p1 + b2,   a2 = relu(z2),   p2 = a2 的每个 2 × 2 块的最大值
    z3 = W3 · p2 + b3,   a3 = relu(z3),   z4 = W4 a3 + b4,   p = softmax(z4)
    loss = −log p[n, 样本 n 的标签]，对 n 取平均

形状：x (N, B, H, W) 为 B 通道的图像，label (N,) 为小于 C 的非负整数；K1 (F, B, R, R) 与 K2 (G, F, S, S) 为卷积核，
卷积不作填充；W3 (M, G, H2, W2)，其中 H2 × W2 为两次池化后的大小；W4 (C, M)。
行数或列数为奇数时，池化略去最后一行或一列。28 × 28 的图像在 R = S = 5 时剩下 4 × 4，与论文相同；
论文所用的带缩放的 tanh 与可学习的平均，此处代之以 relu 与最大值。

出处：Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Gradient-based learning applied to document recognition,
Proc. IEEE 86 (1998)。""",
    "linear_regression": """线性回归：以最小二乘法用线性函数拟合数据

    prediction = w · x + b
    loss = ½ (prediction − y)²，对 n 取平均

形状：x (N, D) 为数据，y (N,) 为目标值；w (D,)、b ()。

出处：C. M. Bishop, Pattern recognition and machine learning (2006)，式 (3.1) 与 (3.12)。""",
    "logistic_regression": """对数几率回归：以线性函数的 sigmoid 值为两类之一的概率

    z = w · x + b,   p = sigmoid(z)
    loss = −y log p − (1 − y) log(1 − p)，即 log(1 + exp z) − y z，对 n 取平均

形状：x (N, D) 为数据，y (N,) 为整数 0 或 1；w (D,)、b ()。

出处：C. M. Bishop, Pattern recognition and machine learning (2006)，式 (4.90)。""",
    "lstm": """长短期记忆网络：读入序列，以最后时刻的状态分类

    z[t] = W x[t] + U h[t−1] + b，共四行，每个门一行
    i = sigmoid(z₀),   f = sigmoid(z₁),   g = tanh(z₂),   o = sigmoid(z₃)
    c[t] = f ⊙ c[t−1] + i ⊙ g,   h[t] = o ⊙ tanh(c[t]),   logits = V h[T] + d
    loss = −log softmax(logits)[n, 样本 n 的标签]，对 n 取平均

形状：x (T, N, D) 为序列，label (N,) 为小于 C 的非负整数；W (4, H, D)、U (4, H, H)、b (4, H)、V (C, H)、d (C,)。
四个门所在各行的次序与 PyTorch 的 `nn.LSTM` 相同。

出处：S. Hochreiter, J. Schmidhuber, Long short-term memory, Neural Computation 9 (1997)；
遗忘门取自 F. A. Gers, J. Schmidhuber, F. Cummins, Learning to forget, Neural Computation 12 (2000)。""",
    "lstm_classifier": """以双向 LSTM 读入文本的各词，经最大池化后以 softmax 分类

    e[t] = E[token[t]],   h = 顺向与逆向两个 LSTM 的状态的拼接
    m = h 对 t 的最大值，  logits = W m + b,   p = softmax(logits)
    loss = −log p[n, 样本 n 的标签]，对 n 取平均

形状：token (T, N) 为小于 V 的非负整数，时间轴在前；label (N,) 为小于 C 的非负整数；E (V, D)；
每个方向有 W (4, H, D)、U (4, H, H)、b (4, H)，次序为输入门、遗忘门、候选状态、输出门；W_head (C, 2H)、b_head (C,)。

出处：A. Conneau et al., Supervised learning of universal sentence representations from natural language inference
data, EMNLP (2017)，第 3.2.2 节；LSTM 单元取自 F. A. Gers et al., Learning to forget (2000)。""",
    "mamba": """Mamba：词元序列上的状态空间递推，其系数随读入的内容而变

    y = x 的均方根归一化，  u = W_u y,   gate = W_g y
    v = 对 u 逐通道作跨 P 步的因果卷积，再取 silu
    Δ = softplus(W_Δ W_r v + b_Δ),   B = W_B v,   C = W_C v,   A[i, s] = −(s + 1) exp(a[i, s])
    h[t] = exp(Δ[t] A) h[t−1] + Δ[t] B[t] v[t],   s[t] = C[t] · h[t] + D v[t]                  选择性扫描
    x ← x + W_o (s ⊙ silu(gate))，逐个模块计算；  logits = E · (x 的均方根归一化)，E 即词元的嵌入
    loss = −log softmax(logits)[n, t, target]，对 n 与 t 取平均

形状：token 与 target (N, T) 为小于 V 的非负整数；E (V, D)；每个模块有 W_u 与 W_g (I, D)，K (P, I)，k (I,)，W_r (R, I)，
W_Δ (I, R)，b_Δ (I,)，W_B 与 W_C (S, I)，a (I, S)，D (I,)，W_o (D, I)，以及归一化的增益 (D,)。a 的初值为 0，
故 A 的初值为 −1, −2, ..., −S；b_Δ 的初值使 Δ 约为 1/100，即论文所取的范围 0.001 至 0.1 的中间。

出处：A. Gu, T. Dao, Mamba: linear-time sequence modeling with selective state spaces, arXiv:2312.00752 (2023)，
算法 2、图 3 与第 3.6 节。""",
    "mlp": """含一个隐藏层、以 softmax 分类的多层感知机

    z1 = W1 x + b1,   a1 = tanh(z1),   z2 = W2 a1 + b2,   p = softmax(z2)
    loss = −Σ_k y_k log p_k，对 n 取平均

形状：x (N, D) 为数据，y (N, C) 的每一行为一个概率分布；W1 (H, D)、b1 (H,)、W2 (C, H)、b2 (C,)。

出处：D. E. Rumelhart, G. E. Hinton, R. J. Williams, Learning representations by back-propagating errors,
Nature 323 (1986)。""",
    "moe": """混合专家模型：每个样本由门控为其选出的少数几个小网络作答

    score = G x + g,   rank[e] = 得分高于 e 的专家个数
    gate = rank 小于 K 的各 score 的 softmax，其余取 0
    a[e] = relu(W1[e] x + b1[e]),   y[e] = W2[e] a[e] + b2[e]，各专家分别计算
    logits = Σ_e gate[e] y[e],   loss = −log softmax(logits)[n, 样本 n 的标签]，对 n 取平均

形状：x (N, D) 为数据，label (N,) 为小于 C 的非负整数；G (E, D)、g (E,)、W1 (E, H, D)、b1 (E, H)、W2 (E, C, H)、
b2 (E, C)。专家数 E 是一个大于 `top` 的大小，`top` 即 K；取 None 时由所有专家作答。所有专家都要计算，
未选中者只是白算：稀疏的是门控，梯度也因而稀疏。得分并列的专家同时保留。

出处：N. Shazeer et al., Outrageously large neural networks, ICLR (2017)，式 (1)、(3) 与 (5)，不含噪声；
R. A. Jacobs, M. I. Jordan, S. J. Nowlan, G. E. Hinton, Adaptive mixtures of local experts, Neural Computation 3
(1991)。""",
    "neural_ode": """神经常微分方程，以经典的龙格-库塔法求解

    f(u, τ) = W2 tanh(W1 u + c τ + b1) + b2,   y(0) = x
    k1 = f(y, τ),   k2 = f(y + ½ Δ k1, τ + ½ Δ),   k3 = f(y + ½ Δ k2, τ + ½ Δ),   k4 = f(y + Δ k3, τ + Δ)
    y(τ + Δ) = y(τ) + Δ/6 (k1 + 2 k2 + 2 k3 + k4),   Δ = 1/S，故从 0 到 1 共需 S 步
    loss = ½ |y(1) − target|²，对 n 取平均

形状：x 与 target (N, D) 为状态；W1 (H, D)，b1 与 c (H,)，W2 (D, H)，b2 (D,)。
步数 S 是一个大小：所得的正是离散化方程的精确梯度。

出处：R. T. Q. Chen, Y. Rubanova, J. Bettencourt, D. Duvenaud, Neural ordinary differential equations, NeurIPS
(2018)，式 (2) 与 (3)；数值格式出自 W. Kutta (1901)。""",
    "resnet": """残差网络：卷积只学习应加到输入上的部分，并作批量归一化

    y = relu(norm(x 的 3 × 3 卷积))，即起始层
    各模块：a = relu(norm(y 的卷积)),   y ← relu(norm(a 的卷积) + shortcut(y))
    logits = W · (y 在整幅图像上的平均) + b,   loss = −log softmax(logits)[n, 样本 n 的标签]，对 n 取平均

形状：x (N, B, H, W) 为 B 通道的图像，label (N,) 为小于 C 的非负整数；阶段 s 的各模块有 2^s F 个特征；除首个阶段外，
每个阶段以步幅 2 将图像的高与宽减半，该处的捷径连接为带归一化的 1 × 1 卷积。`blocks` 给出各阶段的模块数：
(3, 3, 3) 即论文第 4.2 节的 20 层网络，(2, 2, 2, 2) 与 ResNet-18 的模块相同。训练时用小批量的统计量，
`predict` 则用其滑动平均。

出处：K. He, X. Zhang, S. Ren, J. Sun, Deep residual learning for image recognition, CVPR (2016)，式 (1) 与 (2)。""",
    "rnn": """简单循环网络：在序列的每一时刻预测一个标签

    h[0] = h0,   h[t] = tanh(W x[t] + U h[t−1] + b),   z[t] = V h[t] + c,   p[t] = softmax(z[t])
    loss = −log p[label]，对各序列与各时刻取平均

形状：x (T, N, D) 为序列，label (T, N) 为小于 C 的非负整数；W (H, D)、U (H, H)、b (H,)、h0 (H,)、V (C, H)、c (C,)。
隐状态 h 有 T + 1 行，故由数据的第 t 步得到 h[t + 1]。

出处：J. L. Elman, Finding structure in time, Cognitive Science 14 (1990)。""",
    "siamese": """孪生网络：每对样本的双方共用一个编码器，依两者的距离训练

    a = tanh(W1 x + b1),   h = W2 a + b2，每对的双方均如此计算
    distance = √(|左方的 h − 右方的 h|² + ε)
    loss = 相似时取 ½ distance²，不相似时取 ½ max(0, margin − distance)²，对 n 取平均

形状：x (N, 2, D) 为样本对，alike (N,) 为整数 0 或 1；W1 (H, D)、b1 (H,)、W2 (K, H)、b2 (K,)。
双方是同一数组的两行，因而自然共享权重。ε 使双方重合时平方根的导数仍为有限值。

出处：R. Hadsell, S. Chopra, Y. LeCun, Dimensionality reduction by learning an invariant mapping, CVPR (2006)，
式 (4)。""",
    "softmax_regression": """softmax 回归：以交叉熵训练的线性分类器

    z = W x + b,   p = softmax(z),   loss = −Σ_k y_k log p_k，对 n 取平均

形状：x (N, D) 为数据，y (N, C) 的每一行为一个概率分布；W (C, D)、b (C,)。
y 的每一行之和为 1，正因如此，对 z 的梯度才是熟知的 (p − y)/N。

出处：C. M. Bishop, Pattern Recognition and Machine Learning (2006)，第 4.3.4 节。""",
    "transformer_block": """Transformer 模块：因果注意力与多层感知机，均先作归一化，并带残差连接

    u1 = norm(x),   各头的 Q, K, V = u1 Wq, u1 Wk, u1 Wv,   s ≤ t 时 S = Q K / √E,   P = S 对 s 的 softmax
    O = P V,   y = x + O Wo + bo,   u2 = norm(y),   h = relu(u2 W1 + b1),   out = y + h W2 + b2
    norm(x) = gamma · (x − 均值) / √(方差 + 1e−5) + beta，均值与方差取自每个位置的 D 个特征
    loss = ½ |out − target|²，对 n 与 t 取平均

形状：x 与 target (N, T, D) 为序列；Wq、Wk、Wv (A, D, E) 对应 A 个大小为 E 的头，Wo (A, E, D)、bo (D,)；
W1 (D, F)、b1 (F,)、W2 (F, D)、b2 (D,)；gamma1、beta1、gamma2、beta2 (D,)。

出处：A. Vaswani et al., Attention is all you need, NeurIPS (2017)，第 3 节；归一化置于各层之前，
依 R. Xiong et al., On layer normalization in the transformer architecture, ICML (2020)，图 1(b)。""",
    "unet": """小型 U-Net：图像缩小一半，再放大并与缩小前的特征拼接，逐像素分类

    a = 对 x 卷积后取 relu，连作两次                                            原大小
    m = a 的每个 2 × 2 块的最大值，  c = 对 m 卷积后取 relu，连作两次           减半后
    u = 用转置卷积将 c 放大一倍，  joined = a 与 u 按通道拼接
    r = 对 joined 卷积后取 relu,   logits = r 的 1 × 1 卷积
    loss = −log softmax(logits)[该像素的标签]，对所有像素取平均

形状：x (N, B, H, W) 为 B 通道的图像，label (N, H, W) 为小于 C 的非负整数；3 × 3 卷积均作填充，使输出与输入大小相同；
原大小处有 F 个特征，减半后有 2F 个。行数或列数为奇数时，池化略去最后一行或一列，放大后该处只有偏置。

出处：O. Ronneberger, P. Fischer, T. Brox, U-Net: convolutional networks for biomedical image segmentation, MICCAI
(2015)，图 1，只取四级中的一级，且卷积均作填充。""",
    "vae": """变分自编码器：以重参数化抽取服从高斯分布的编码，似然为伯努利分布

    a1 = tanh(W1 x + b1),   mean = Wm a1 + bm,   log_var = Wv a1 + bv
    code = mean + exp(½ log_var) ⊙ noise,   noise 服从标准正态分布
    a2 = tanh(W2 code + b2),   logits = W3 a2 + b3
    loss = Σ_i log(1 + exp logits) − x ⊙ logits  +  ½ Σ_k exp(log_var) + mean² − 1 − log_var，对 n 取平均，
    即负对数似然，加上编码的分布与标准正态分布的 KL 散度

形状：x (N, D) 为取值在 0 与 1 之间的数据，noise (N, K)；W1 (H, D)，b1 (H,)，Wm 与 Wv (K, H)，bm 与 bv (K,)，
W2 (H, K)，b2 (H,)，W3 (D, H)，b3 (D,)。`predict` 由编码的均值重构 x。

出处：D. P. Kingma, M. Welling, Auto-encoding variational Bayes, ICLR (2014)，式 (10) 与附录 C.1。""",
    "vit": """视觉 Transformer：将图像视为图像块的序列，由 Transformer 读入

    e[图像块] = K · 该块的像素 + b,   x = 类别词元，继以所有的 e；  x ← x + P，P 为各位置可学习的嵌入
    各模块：x ← x + attention(norm x),   x ← x + W2 gelu(W1 norm x + b1) + b2
    logits = W · norm x[0] + b,   loss = −log softmax(logits)[n, 样本 n 的标签]，对 n 取平均

形状：image (N, B, H, W) 为 B 通道的图像，label (N,) 为小于 C 的非负整数；图像块为 S × S 像素，边缘不足一块的部分略去；
K (D, B, S, S)、b (D,)、start (D,)、P (图像块数 + 1, D)；每个模块有 `layers.transformer_block` 的权重（A 个头）。

出处：A. Dosovitskiy et al., An image is worth 16 × 16 words, ICLR (2021)，式 (1) 至 (4)。""",
    "wavenet": """WaveNet：空洞因果卷积，带门控与残差连接，并对跳跃连接求和

    h[0] = E[token]
    f = tanh(Σ_p F[p] h[t − p·2^l]),   g = sigmoid(Σ_p G[p] h[t − p·2^l])，其中 l 为层号，序列开始之前取零
    u = f ⊙ g,   h[l+1] = h[l] + R u + r,   skip = Σ_l S u + s
    logits = O2 relu(O1 relu(skip) + o1) + o2,   p = softmax(logits)
    loss = −log p[n, t, 下一个词元]，对 n 与 t 取平均

形状：token 与 target (N, T) 为小于 V 的非负整数，target 为后一个词元；E (V, D)；每层有 F 与 G (P, D, D)，R (D, D)，
r (D,)，S (K, D)，s (K,)；O1 (K, K)、o1 (K,)、O2 (V, K)、o2 (V,)。`layers` 每增加一层，可回溯的范围便加倍。

出处：A. van den Oord et al., WaveNet: a generative model for raw audio, arXiv:1609.03499 (2016)，式 (2) 与图 4。""",
    "word2vec": """词向量：以负采样训练的 Skip-Gram 模型，区分上下文中的词与随机抽取的词

    score = U[context] · E[centre],   noise_score[k] = U[negative k] · E[centre]
    loss = −log sigmoid(score) − Σ_k log sigmoid(−noise_score[k])，对 n 取平均

形状：centre 与 context (N,) 以及 negative (N, K) 为小于 V 的非负整数：前两者是共同出现的词对，
后者是为每个词对从噪声分布中抽取的 K 个词；E (V, D) 为词的向量，U (V, D) 为上下文的向量。

出处：T. Mikolov, I. Sutskever, K. Chen, G. Corrado, J. Dean, Distributed representations of words and phrases and
their compositionality, NeurIPS (2013)，式 (4)。""",
}
