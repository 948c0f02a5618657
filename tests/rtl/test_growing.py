import pytest
from hardware_cases import INT8

from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.pe.array import PEArray
from lowbit_sim.pe.bit_serial import BitSerial
from lowbit_sim.pe.shift_add import ShiftAdd
from lowbit_sim.pe.ternary_adder import TernaryAdder
from lowbit_sim.rtl.bench import hardware


@pytest.mark.parametrize(
    ("element", "name", "bits"),
    [
        (TernaryAdder(), "levels_3", 8),
        (TernaryAdder(), "levels_9", 10),  # −128 · 3 = −384
        (ShiftAdd(), "levels_17", 8),  # powers are in the digits
        (BitSerial("sign_magnitude"), "levels_9", 10),  # −128 · 4 = −512
        (BitSerial("twos_complement"), "levels_9", 12),  # −128 · −8 = 1,024
    ],
)
def test_a_scaled_activation_has_room(element, name, bits):
    array = PEArray(element, 2, 2, 24)
    design = hardware(array, (number_format(name), INT8), "output")
    assert design.scaled_bits == bits
