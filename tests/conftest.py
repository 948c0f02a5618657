from hypothesis import settings

# a law holds or it does not, however busy the machine is
settings.register_profile("no_clock", deadline=None, derandomize=True)
settings.load_profile("no_clock")
