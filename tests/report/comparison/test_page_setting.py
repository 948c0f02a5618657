from made_judgement import judgement
from made_page import MANIFEST

from lowbit_sim.judge.comparison_spec import DoubtSpec
from lowbit_sim.report.comparison.page_setting import manifest_section, setting_section


def test_rules_bands_and_machines():
    doubt = DoubtSpec(samples=50, seed=7, bands={"assumed": 3.5})
    made = setting_section(judgement(doubt=doubt, equal_area_um2=2e6))
    assert "fits 2 mm²" in made
    assert "seed 7" in made
    assert '<th scope="row">assumed</th><td class="number">3.5</td>' in made
    assert '<th scope="row">measured</th><td class="number">1.1</td>' in made
    # 64 bit a cycle at 1 GHz and 0.5 GHz are 8 and 4 GB/s
    assert '<td class="number">8</td>' in made
    assert '<td class="number">4</td>' in made
    assert '<td class="number">4.000</td>' in made  # mm² of the large one


def test_who_is_left_out_and_refused():
    made = setting_section(judgement(left_out=[("huge", "made_up", "is too large")]))
    assert "2 refusals" in made
    assert "is too large" in made
    assert "no multipliers" in made


def test_the_manifest_as_it_stands():
    made = manifest_section(MANIFEST)
    assert "<dd>lowbit-sim compare made_up/study.yaml</dd>" in made
    assert "<dt>training_seeds</dt><dd>none</dd>" in made
    assert f"<code>{'ab' * 32}</code>" in made
    assert "<code>none</code>" in made
