from machines import make_gemm, make_machine, make_op

from lowbit_sim.mapping.placing import gemm_of


def test_gemm_of_an_operator():
    machine = make_machine(packing="word_8")
    op = make_op("fc", "linear", 4, 8, k=6, side_parameter_bits=8 * 64)
    gemm = gemm_of(op, machine, on_chip=True, crossing=(100, True), stay=True)
    expected = make_gemm(
        4, 6, 8, packing="word_8", on_chip=True, input_from_dram_bits=100, output_to_dram=True,
        channel_bits=64, weights_stay=True,
    )  # fmt: skip
    assert gemm == expected
