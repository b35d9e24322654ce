"""One conversation in, one Analysis out: pure computation, nothing with a side effect. The encoder is an argument.
May import ports, domain, errors.
"""
