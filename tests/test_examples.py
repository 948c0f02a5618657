"""Every Python example in the documents is run, and prints what the document says."""

import contextlib
import doctest
import re
import textwrap

import pytest
from process import ROOT

#: documents with examples, and those that may have some one day
DOCUMENTS = sorted({*ROOT.glob("*.md"), *(ROOT / "arch_specs").glob("*.md")})
_FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>```+|~~~+) *(?P<language>[\w+-]*)[^`]*$")
_PYTHON = {"py", "python", "python3", "pycon", "doctest"}


def python_blocks(path):
    """Return the line (from 0) and the text of every fenced block of Python in a document."""
    blocks, opened = [], None
    lines = path.read_text().splitlines()
    for number, line in enumerate(lines):
        fence = _FENCE.match(line)
        if opened is None:
            opened = (number, fence) if fence else None
        elif fence and line.strip() == opened[1]["ticks"]:
            begin, first = opened
            if first["language"].lower() in _PYTHON:
                inside = "\n".join(lines[begin + 1 : number])
                blocks.append((begin + 1, textwrap.dedent(inside) + "\n"))
            opened = None
    assert opened is None, f"{path.name}:{opened[0] + 1}: this block is never closed"
    return blocks


def faults(path):
    """Run the examples of a document in the project's folder; return what is wrong with them.

    The blocks of one document share their names. What stands in a block and is neither an
    example nor its output would not be run, and so is wrong.
    """
    parser, said, names = doctest.DocTestParser(), [], {}
    for line, text in python_blocks(path):
        place = f"{path.name}:{line + 1}"
        parts = parser.parse(text, place)
        stray = [part.strip() for part in parts if isinstance(part, str) and part.strip()]
        said += [f"{place}: is not run: {part}" for part in stray]
        test = parser.get_doctest(text, names, path.name, str(path), line)
        if not test.examples:
            said.append(f"{place}: holds no example (>>>)")
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
        with contextlib.chdir(ROOT):
            runner.run(test, out=said.append, clear_globs=False)
        names = test.globs
    return said


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_examples_of_the_documents_hold(path):
    assert faults(path) == []


def test_the_documents_are_there():
    assert {"README.md", "ARCHITECTURE.md"} <= {path.name for path in DOCUMENTS}
    assert python_blocks(ROOT / "README.md")


@pytest.fixture
def document(tmp_path):
    def write(text):
        path = tmp_path / "page.md"
        path.write_text(text)
        return path

    return write


GOOD = """# A page

```python
>>> import lowbit_sim
>>> found = lowbit_sim.run("vit_digits", "ternary_pe", formats="levels_5")
>>> print(found)
For vit_digits on ternary_pe, take 5 levels (2.32 bit): ...
```

```console
>>> 1 / 0
```

And in a list:

1. This:

   ```pycon
   >>> [row["weight_format"] for row in found.rows()]
   ['levels_5', 'fp32']
   ```
"""


def test_good_examples_pass_and_share_their_names(document):
    path = document(GOOD)
    assert [line for line, _ in python_blocks(path)] == [3, 18]
    assert faults(path) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("take 5 levels", "take 4 levels", 'page.md", line 6'),
        ("'fp32']", "'bf16']", "['levels_5', 'bf16']"),
        ("found = ", "other = ", "NameError"),
        ('"vit_digits"', '"vti_digits"', "did you mean 'vit_digits.yaml'"),
    ],
)
def test_a_wrong_example_is_told(document, old, new, said):
    assert old in GOOD
    assert said in "".join(faults(document(GOOD.replace(old, new, 1))))


@pytest.mark.parametrize("language", sorted(_PYTHON))
def test_whatever_the_block_is_called_it_is_run(document, language):
    path = document(f"```{language}\n>>> 1 + 1\n3\n```\n")
    assert "Expected:\n    3\nGot:\n    2" in "".join(faults(path))


def test_python_that_is_no_example_is_told(document):
    assert faults(document("```python\nfound = 1\n```\n")) == [
        "page.md:2: is not run: found = 1",
        "page.md:2: holds no example (>>>)",
    ]
    (said,) = faults(document("```python\nfound = 1\n>>> 1 + 1\n2\n```\n"))
    assert said == "page.md:2: is not run: found = 1"


def test_a_block_that_is_never_closed_is_told(document):
    with pytest.raises(AssertionError, match=r"page\.md:1: this block is never closed"):
        faults(document("```python\n>>> 1 + 1\n2\n"))
