"""Arrays as hardware: what `lowbit_sim.pe` counts, as registers and gates that can be built.

Every module here describes synthesizable hardware in Amaranth (the extra ``rtl``); it is simulated
in Python and exported as Verilog. Words, folds and conventions are those of `lowbit_sim.pe`, but no
formula of it is used: controllers look at registers, and cycles are counted.

    digits       what a PE does with a digit of the weight and an activation
    pes          the PEs: with a weight that stays, or with a sum that stays
    holding      arrays of the first kind            growing  arrays of the second
    skipping     lanes that skip zeros               gates    adders, selectors, delays
    control      which word and which beat enter
    feet         the sums below each column          decoders  weights that share a word
    operands     matrices as the words of memories   verilog  what is exported
    bench        puts a matrix product in, and counts the cycles until it is out
    tile_pipeline  load, compute and store of tiles, as `lowbit_sim.engines` times them
"""
