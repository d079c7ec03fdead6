import re

from streamlit.dataframe_util import convert_arrow_bytes_to_pandas_df
from streamlit.testing.v1 import AppTest


def script() -> None:
    """A table with a share that is missing for one class."""
    import pandas as pd

    from dashboard.widgets.shares_table import shares_table

    shares_table(
        pd.DataFrame({"class": ["mel", "nv"], "pictures": [1099, 3], "sensitivity": [0.5, None]}),
        ["sensitivity"],
        "Sensitivity",
    )


def test_shares_have_one_decimal_each_and_the_head_of_a_column_explains_its_term() -> None:
    test = AppTest.from_function(script, default_timeout=120).run()
    assert not test.exception
    [table] = test.dataframe
    shown = convert_arrow_bytes_to_pandas_df(table.proto.arrow_data.styler.display_values)
    assert shown["sensitivity"].tolist() == ["50.0\u00a0%", "not defined"]
    assert table.value["sensitivity"].iloc[0] == 0.5  # sorted and downloaded as it is
    assert "the share that the model finds" in table.proto.columns


def with_intervals() -> None:
    """A table with a name of two lines, and with the interval of one of its shares."""
    import pandas as pd

    from dashboard.widgets.shares_table import shares_table

    names = ["actinic keratosis / intraepithelial carcinoma", "nevus"]
    table = pd.DataFrame({"class": names, "sensitivity": [0.471, 0.9]})
    shares_table(
        table, ["sensitivity"], "Sensitivity", pinned="class", intervals={"sensitivity": [(0.397, 0.542), None]}
    )


def test_an_interval_stands_beside_its_share_and_a_long_name_takes_two_lines() -> None:
    """Columns of their own for intervals made tables so wide that the figures had to be scrolled to."""
    test = AppTest.from_function(with_intervals, default_timeout=120).run()
    assert not test.exception
    [table] = test.dataframe
    shown = convert_arrow_bytes_to_pandas_df(table.proto.arrow_data.styler.display_values)
    assert shown["sensitivity"].tolist() == ["47.1\u00a0% (40–54)", "90.0\u00a0%"]
    assert table.value.columns.tolist() == ["class", "sensitivity"]
    assert table.value["sensitivity"].iloc[0] == 0.471  # sorted as it is
    assert table.proto.row_height > 64  # from where on Streamlit breaks lines


def test_only_shares_that_a_table_has_are_written_so_and_its_figures_stay() -> None:
    import pandas as pd

    from dashboard.widgets.shares_table import shares_written

    table = pd.DataFrame({"share": [0.0645, 0.1, None], "images": [1, 2, 3]})
    written = shares_written(table, ["share", "no such column"])
    cells = re.findall(r'row\d col0" >(.*?)\s*<', written.to_html())
    assert cells == ["6.5\u00a0%", "10.0\u00a0%", "–"]
    assert written.data is table
