"""Genes: which genes differ most between patients, and whether they tell the classes apart."""

import pandas as pd
import streamlit as st

from core.base.errors import DataError
from core.base.percents import percent
from core.data.gene_catalog import list_gene_tables
from core.data.genes.gene_expression import MOST_SHOWN
from core.data.genes.gene_folders import LABEL_FILES
from dashboard.charts import genes as charts
from dashboard.glossary import meaning
from dashboard.state.loading import load_gene_table, load_gene_values, load_gene_verdict
from dashboard.state.rerun_catalog import current_catalog
from dashboard.widgets.csv_button import csv_button
from dashboard.widgets.genes.training import train_on_genes
from dashboard.widgets.notices import say_what_is_gone, source_line
from dashboard.widgets.page_frame import name_tab, say_what_it_shows
from dashboard.widgets.samples import sample_genes
from dashboard.widgets.shares_table import shares_table

SCALES = ("logarithm", "as measured")
PLAIN = {"displayModeBar": False}


def forget_scale() -> None:
    """Another table begins on the scale that is its own."""
    st.session_state.pop("expression", None)
    st.query_params.pop("expression", None)


st.title("Do genes tell the classes apart?", anchor=False)
say_what_it_shows("genes")
here = current_catalog()
names = [name for name, _ in list_gene_tables(here)]
if not names:
    st.info(
        f"There is no gene-expression table here. Put a folder into {here.roots[0]} that holds {LABEL_FILES[0]}, "
        "with the columns patient and cancer, and tables with genes in rows and patients in columns, such as those of "
        "Golub et al. 1999. Tables with a sample in each row and a column for its class, as those of CuMiDa, with a "
        "file of labels beside them, as from TCGA, and series matrix files of GEO are read as well.",
        icon=":material/genetics:",
    )
    sample_genes()
    st.stop()

say_what_is_gone("gene table", "gene-table", names, f"The page shows {names[0]}.")
left, middle, right = st.columns([2, 2, 3], vertical_alignment="bottom")
name = left.selectbox("Gene-expression table", names, key="gene-table", bind="query-params", on_change=forget_scale)
table = load_gene_table(name)
name_tab(table.spec.title)
spec, classes, noun = table.spec, table.spec.classes, table.spec.group
reading = table.scale
scale = middle.segmented_control(
    "Expression",
    SCALES,
    default=SCALES[1] if reading.logarithmic else SCALES[0],
    required=True,
    key="expression",
    bind="query-params",
    help="The logarithm is to base 10 of intensities set to 100 at least and 16,000 at most, as Dudoit, Fridlyand and "
    "Speed (2002) did with the data of Golub; where that would leave nothing, of 1 + the value.",
)
count = right.slider("Most variable genes", 10, MOST_SHOWN, 40, step=10, key="most-variable", bind="query-params")
shown = load_gene_values(name, logarithm=scale == SCALES[0])
values, components = shown.expression, shown.components
chosen = shown.most_variable.iloc[:, :count]

st.markdown(spec.description)
kind = "logarithms already" if reading.logarithmic else "intensities, not logarithms"
st.caption(
    f"{table.understood} The values of this table are taken for {kind}: {reading.evidence}. "
    "Above you can choose either scale."
)
for told in table.told:
    st.warning(told, icon=":material/warning:")
with st.grid(4, min_column_width=225):  # the longest name of a class fits
    st.metric(f"{noun.capitalize()}s", f"{len(values):,}", border=True)
    st.metric("Genes", f"{len(values.columns):,}", border=True)
    sizes = table.labels.value_counts()
    if len(classes) == 2:  # of more, two would look as if there were no others
        for each in classes:
            st.metric(each.name, f"{sizes.get(each.key, 0):,}", border=True)
    else:
        st.metric("Classes", f"{len(classes):,}", border=True)
        st.metric("In the smallest class", f"{sizes.min():,}", border=True, help=spec.class_names[sizes.idxmin()])

counts = charts.sample_counts(table.labels, table.split, classes)
st.plotly_chart(
    charts.class_chart(counts, classes, noun),
    config=PLAIN,
    alt="Bar chart of " + ", ".join(f"{n} {noun}s with {each}" for each, n in counts.sum(axis=1).items()),
)
with st.expander("The numbers behind it", icon=":material/table_chart:"):
    st.dataframe(counts, alt="Samples by class and part")

by_components, by_genes = st.columns(2, gap="large")
scores = components.scores.assign(label=table.labels.map(spec.class_names), part=table.split)
with by_components:
    st.plotly_chart(
        charts.component_chart(components, table.labels, table.split, classes, noun),
        config=PLAIN,
        alt=f"Scatter plot of {len(values)} {noun}s by the first two principal components of their genes",
    )
    with st.expander("The numbers behind it", icon=":material/table_chart:"):
        st.dataframe(scores, alt="Principal components of each sample")
with by_genes:
    st.plotly_chart(
        charts.variance_chart(components, len(values), noun),
        config=PLAIN,
        alt=f"The first two principal components explain {percent(components.explained[:2].sum())} of the variance",
    )
    with st.expander("The numbers behind it", icon=":material/table_chart:"):
        fractions = pd.DataFrame({"component": components.scores.columns, "share": components.explained})
        shares_table(fractions, ["share"], "Share of the variance of each principal component")

st.plotly_chart(
    charts.heat_map(chosen, table.labels, table.descriptions, classes, noun),
    config=PLAIN,
    alt=f"Heat map of the {len(chosen.columns)} most variable genes in {len(values)} {noun}s",
)
listed = pd.DataFrame(
    {
        "gene": chosen.columns,
        "description": table.descriptions[chosen.columns].to_numpy(),
        "variance": chosen.var().to_numpy(),
        **{f"mean in {c.name}": chosen[table.labels == c.key].mean().to_numpy() for c in classes},
    }
)
with st.expander(f"The {len(listed)} genes as a table", icon=":material/table_chart:"):
    st.dataframe(listed, hide_index=True, alt="The most variable genes with their variance and mean in each class")
csv_button(f"Download {len(listed)} genes as CSV", listed, f"{name}_genes.csv")

st.subheader("Can a classifier tell them apart?", anchor=False)
train_on_genes(name, table)

st.subheader("At once: logistic regression", anchor=False)
st.caption(
    "Logistic regression on the genes that differ most between the classes, chosen anew in each training part and "
    "judged on samples that it has not seen."
)
trained = st.session_state.setdefault("genes-trained", set())
if name not in trained and st.button("Judge it here", icon=":material/model_training:", key="train-genes"):
    trained.add(name)
    st.rerun()
if name in trained:
    try:
        verdict = load_gene_verdict(name)
    except DataError as error:
        st.warning(str(error), icon=":material/warning:")
    else:
        with st.grid(4, min_column_width=225):
            balanced = meaning("balanced accuracy")
            st.metric("Balanced accuracy", percent(verdict.balanced_accuracy), border=True, help=balanced)
            st.metric("By guessing", percent(verdict.guessing), border=True)
            st.metric("Accuracy", percent(verdict.accuracy), border=True, help=meaning("accuracy"))
            st.metric("Floor", percent(verdict.majority), border=True, help=meaning("floor"))
        st.caption(verdict.how)
        with st.expander("True classes in rows, predicted ones in columns", icon=":material/table_chart:"):
            named = verdict.confusion.rename(index=spec.class_names, columns=spec.class_names)
            st.dataframe(named, alt="Confusion counts of the classifier by true and predicted class")

source_line(spec)
