"""``lowbit-sim characterise``: a technology from netlists of our own hardware."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from lowbit_sim.atomic import write_atomically
from lowbit_sim.errors import spec_error

#: the packages that this needs beside those of a plain installation
_EXTRA = "pip install 'lowbit-sim[netlist]'"


def characterise(recipe_path: Path, library_path: Path, work: Path, folder: Path | None) -> None:
    """Synthesise and measure what a recipe names; write the table and the technology.

    Parameters
    ----------
    recipe_path : Path
        ``arch_specs/characterisations/<name>.yaml``.
    library_path : Path
        The cell library, a Liberty file.
    work : Path
        Where netlists and logs are kept; what lies there is not made again.
    folder : Path or None
        Where ``<name>.csv`` and ``<name>.yaml`` go; None: the table beside the recipe, the
        technology to the technologies.

    Raises
    ------
    LowbitSimError
        If a tool, the library or one of its cells is missing, or synthesis fails; nothing is
        written then.
    """
    try:
        import amaranth  # noqa: F401
        import liberty  # noqa: F401
    except ModuleNotFoundError as missing:
        raise spec_error(f"needs the package {missing.name}: {_EXTRA}") from None
    from lowbit_sim.netlist import characterisation as found
    from lowbit_sim.netlist.liberty import read_liberty
    from lowbit_sim.netlist.recipe import load_recipe
    from lowbit_sim.netlist.synthesis import find_synthesiser
    from lowbit_sim.netlist.table import by_name, table_text
    from lowbit_sim.netlist.template import filled
    from lowbit_sim.netlist.traces import TrainedTraces

    recipe = load_recipe(recipe_path)
    if not library_path.is_file():
        where = "" if recipe.cell_library_from is None else f": {recipe.cell_library_from}"
        reason = (
            f"there is no such file; the recipe is for the library {recipe.cell_library}{where}"
        )
        raise spec_error(reason, key="--library", value=str(library_path))
    tool, library = find_synthesiser(), read_liberty(library_path)
    traces = TrainedTraces(recipe.traces, recipe_path.parent)
    console, shown, rows = Console(), Console(stderr=True), []
    with Progress(console=shown, transient=True, disable=not shown.is_terminal) as bar:
        task = bar.add_task("synthesising", total=found.count_elements(recipe))
        for some in found.characterised(recipe, library, tool, traces, work):
            rows += some
            bar.update(task, advance=1, description=f"{some[0].element} for {some[0].built_for}")
    table = (folder or recipe_path.parent) / f"{recipe.name}.csv"
    technologies = recipe_path.parent.parent / "technologies"
    technology = (folder or technologies) / f"{recipe.name}.yaml"
    try:
        text = filled(recipe.technology, by_name(rows))
    except ValueError as error:
        raise spec_error(str(error), recipe_path, key="technology") from None
    write_atomically(table, table_text(rows, found.provenance(tool, library)))
    write_atomically(technology, text)
    console.print(f"wrote {table} and {technology}: {len(rows)} rows", highlight=False)
