"""Arrays as hardware: what `lowbit_sim.pe` counts, as registers and gates that can be built.

Every module here describes synthesizable hardware in Amaranth (the extra ``rtl``); it is simulated
in Python and exported as Verilog. Words, folds and conventions are those of `lowbit_sim.pe`, but no
formula of it is used: controllers look at registers, and cycles are counted.

    digits       what a PE does with a digit of the weight and an activation
    pes          the PEs: with a weight that stays, or with a sum that stays
    held         arrays of the first, growing  arrays of the second, skipping  lanes that skip zeros
    feet         the sums below each column    decoders  weights that share a word
    bench        puts a matrix product in, and counts the cycles until it is out
"""
