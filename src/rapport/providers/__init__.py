"""One outside service per file, each behind a port. Outside errors are translated here, once, with their cause kept.
May import ports, domain, errors, config; never the store.
"""
