import json

from made_page import HOSTILE

from lowbit_sim.report.comparison.markup import (
    Html,
    breakable,
    element,
    escaped,
    joined,
    json_data,
    prose,
    table,
)


def test_text_is_escaped_and_html_is_not():
    assert escaped("a<b>&\"'") == "a&lt;b&gt;&amp;&quot;&#x27;"
    assert escaped(Html("<b>")) == "<b>"
    assert escaped(escaped("<")) == "&lt;"
    assert joined(["<", element("b", "<")], "&") == "&lt;&amp;<b>&lt;</b>"


def test_attributes():
    made = element("i", title='"><script>', hidden=True, open=False, id=None, aria_label="x")
    assert made == '<i title="&quot;&gt;&lt;script&gt;" hidden aria-label="x"></i>'
    assert element("br") == "<br>"


def test_code_stands_between_backticks():
    assert prose("`<a>` and `b`") == "<code>&lt;a&gt;</code> and <code>b</code>"
    assert prose("none") == "none"


def test_names_break_after_dots_and_underscores_only():
    assert breakable("a_b.<c>") == "a_<wbr>b.<wbr>&lt;c&gt;"
    assert breakable("plain") == "plain"


def test_a_table_has_headers_for_rows_and_columns():
    made = table(["name", "<bit>"], [["a", 1], ["b", 2]], "What it is")
    assert made.count('scope="col"') == made.count('scope="row"') == 2
    assert "&lt;bit&gt;" in made
    assert made.count('<td class="number">') == 2
    assert "<caption>What it is</caption>" in made


def test_data_can_close_no_script_and_come_back_as_they_were():
    made = json_data({HOSTILE: [HOSTILE, 0.1, None]})
    assert not set("<>&\u2028") & set(made)
    assert json.loads(made) == {HOSTILE: [HOSTILE, 0.1, None]}
