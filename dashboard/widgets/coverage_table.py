"""How often sets of classes hold the true one, as a table beside what was promised."""

import pandas as pd
import streamlit as st


def coverage_table(table: pd.DataFrame, by: str) -> None:
    """Show it.

    Args:
        table: as `core.evaluation.conformal.coverage` gives it.
        by: what the column `of` tells apart, such as “class”.
    """
    st.dataframe(
        table.rename(columns={"of": by, "coverage": "holds the true class", "size": "classes in a set"}),
        hide_index=True,
        height="content",
        column_config={
            **dict.fromkeys(("holds the true class", "low", "high"), st.column_config.NumberColumn(format="percent")),
            "classes in a set": st.column_config.NumberColumn(format="%.2f"),
        },
        alt="How often the set holds the true class",
    )
