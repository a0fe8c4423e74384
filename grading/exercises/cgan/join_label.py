"""cgan-join-label: what enters a conditional generator, noise beside the label's row of a table that is learnt.

    (z, y) -> [z, e(y)],      e(y) a row of the table;   rows of weights w instead of y: [z, Σ_c w_c e(c)]

Fixed: z first; whole numbers (B,) of any whole dtype, or rows (B, C) of weights, one-hot ones among them. Gradients
reach z and the table. Free: indexing, F.embedding, one-hot times table.
"""

import torch
from torch.nn import functional as F

from genlab.layers import one_hot
from genlab.random import randint
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Labels that repeat and do not show every class; as many as classes; weights, some of them negative."""
    B, C, K, E = 6 + randint(0, 2, (1,), rng=rng).item(), 5, 3, 4
    labels = randint(0, C, (B,), rng=rng)
    labels[:3] = torch.tensor([C - 1, C - 1, 0])
    weights = draws.normal((B, C), rng=rng)
    return {
        "z": draws.normal((B, K), rng=rng), "labels": labels, "table": draws.normal((C, E), rng=rng),
        "weights": weights / weights.sum(1, keepdim=True).abs().clamp(min=0.2), "low": randint(0, 2, (B,), rng=rng),
    }


def probe(join_label, z, labels, table, weights, low):
    """Whole numbers, of other dtypes too; one row; as many rows as classes; 300 classes and one; weights; one-hot rows; slopes."""
    def call(*given):
        found = probing.attempt(join_label, *given)
        return found if isinstance(found, str) else probing.tensor(found, "`join_label`")

    C = len(table)
    leaf, rows = probing.leaf(z), probing.leaf(table)
    joined = probing.tensor(join_label(leaf, labels, rows), "`join_label`")
    d_z, d_table = probing.vjp(joined, [leaf, rows])
    values = dict(joined=joined, d_z=d_z, d_table=d_table, alone=call(z[:1], labels[:1], table), low_labels=call(z, low, table),
                  as_many=call(z[:C], labels[:C], table), whole=call(z, labels.to(torch.int32), table),
                  bytes=call(z, labels.to(torch.uint8), table))
    mix, spread = probing.leaf(weights), probing.leaf(table)
    hot = F.one_hot(labels, C)
    mixed = call(z, mix, spread)
    slopes = probing.vjp(mixed, [mix, spread]) if isinstance(mixed, torch.Tensor) and mixed.ndim == 2 else [mixed, mixed]
    wide, short = probing.leaf(z), table.float() if z.dtype == torch.float64 else table.bfloat16()
    kept = probing.attempt(join_label, wide, labels, short)
    kind = kept if isinstance(kept, str) else z[0, 0] + float(kept.dtype == z.dtype)
    tall = torch.cat([table + i for i in range(60)])  # 300 classes
    values.update(kind=kind, byte_rows=call(z, (labels + 200).to(torch.uint8), tall),
                  short_rows=call(z, (labels + 290).to(torch.int16), tall), one_class=call(z, weights[:, :1], table[:1]))
    return dict(values, mixed=mixed, d_mix=slopes[0], d_spread=slopes[1], hot=call(z, hot.to(z.dtype), table),
                hot_whole=call(z, hot, table), one_mixed=call(z[:1], weights[:1], table), square=call(z[:C], weights[:C], table))


def reference(z, labels, table):
    """As in the lesson."""
    rows = table[labels.long()] if labels.ndim == 1 else labels.to(table.dtype) @ table
    return torch.cat([z, rows], 1)


def truth(z, labels, table):
    """By a product with one-hot rows in every case, written into place."""
    rows = one_hot(labels.long() if labels.ndim == 1 else labels.to(z), len(table), like=table)
    beside = torch.einsum("bc,ce->be", rows, table)
    return torch.stack([torch.hstack((z[i], beside[i])) for i in range(len(z))])


exercise = Exercise(
    id="cgan-join-label", defines="join_label(z, labels, table)", core=True, points=2, level=1, minutes=7,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    comparisons=[
        Compare("joined", "alone", "low_labels", "as_many", points=0.5, shape="(B, K + E)", what="`join_label`",
                says="Each row: its z first, then the row of the table that belongs to its own label."),
        Compare("whole", "bytes", "byte_rows", "short_rows", points=0.25, shape="(B, K + E)", what="`join_label` with labels of another whole dtype",
                says="Labels are whole numbers of any dtype: int32 and uint8, too."),
        Compare("kind", points=0.25, shape="()", what="whether the result has the dtype of z",
                says="The result has the dtype of z, also where the table has fewer digits."),
        Compare("d_z", "d_table", points=0.25, what="the gradient of `join_label`",
                says="Gradients reach z and the table, whose rows are learnt: a label that occurs twice collects both."),
        Compare("mixed", "hot", "hot_whole", "one_mixed", "square", "one_class", points=0.5, shape="(B, K + E)",
                what="`join_label` with rows of weights",
                says="Rows of weights (B, C), one-hot or not, take the sum of the table's rows with these weights."),
        Compare("d_mix", "d_spread", points=0.25, what="the gradient of `join_label` with rows of weights",
                says="Gradients reach weights and table."),
    ],
    hints=[
        "The table is learnt, like any weight, and a label picks one of its rows. A row of weights takes a bit of several: which "
        "product of matrices does that?",
        "One dimension: table[labels]. Two dimensions: labels @ table, in the table's dtype. Then join to z along dimension 1.",
        "rows = table[labels.long()] if labels.ndim == 1 else labels.to(table.dtype) @ table; torch.cat([z, rows], 1).",
    ],
    afterwards="torch indexes with uint8 as with a mask of true and false; `.long()` asks for rows.",
)
