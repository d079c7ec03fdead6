"""Why a model answers for a sample as it does: the genes that spoke for a class and against it."""

import pandas as pd
import streamlit as st

from core.serving.gene_answer import MOST_EXPLAINED, SampleAnswers
from core.serving.predictor import PredictorInfo
from dashboard.charts.gene_evidence import gene_evidence_chart
from dashboard.widgets.csv_button import csv_button

SHOWN = 10
"""So many genes are drawn on each side."""
LINEAR = ("logreg-genes", "centroid-genes")


def show_gene_evidence(said: SampleAnswers, sample: str, info: PredictorInfo) -> None:
    """The genes that spoke for a class and against it in one sample, and whether they add up."""
    if sample not in said.evidence:
        if said.evidence:
            st.caption(f"Only the first {MOST_EXPLAINED} samples of a table are explained.")
        else:
            st.caption(f"No genes are shown: {info.model} looks at none.")
        return
    evidence, names = said.evidence[sample], {c.key: c.name for c in info.classes}
    answer = said.answers[sample].label
    keys = sorted(info.class_keys, key=lambda key: key != answer)
    key = st.selectbox("Genes for and against", keys, format_func=names.__getitem__, key=f"gene-evidence-{sample}")
    number = info.class_keys.index(key)
    rows = pd.DataFrame({"gene": evidence.genes, "added": evidence.added[number]})
    rows = rows.sort_values("added", ascending=False, ignore_index=True)
    drawn = pd.concat([rows[rows["added"] > 0].head(SHOWN), rows[rows["added"] < 0].tail(SHOWN)])
    if drawn.empty:
        st.info(f"No gene of this sample speaks for or against {names[key]}.", icon=":material/info:")
    else:
        st.plotly_chart(
            gene_evidence_chart(drawn, names[key]),
            alt=f"The genes that speak most for and against {names[key]} in the sample {sample} as bars",
        )
    how = "exactly, for the model is linear" if info.model in LINEAR else "by integrated gradients"
    st.caption(
        f"Each gene’s share of the log-odds of {names[key]}, beside a sample with every gene at its mean in training, "
        f"{how}. Log-odds compare a class with the others. This is what the model used, not what causes the disease."
    )
    total, difference, left = rows["added"].sum(), evidence.difference[number], evidence.left_over(number)
    st.caption(
        f"Check: the {len(rows):,} genes add up to {total:+.4f}; the log-odds differ by {difference:+.4f}. "
        f"Left over: {left:+.4f}."
    )
    csv_button(
        "Genes as CSV",
        lambda: rows.assign(sample=sample, class_name=names[key]).rename(columns={"added": "log-odds added"}),
        "genes.csv",
    )
