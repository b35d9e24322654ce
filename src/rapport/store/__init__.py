"""The only room that writes. In: domain values and an open connection (the caller opens the transaction).
Out: rows as domain values. Every statement takes tenant_id explicitly; anything foreign is not found.
Computes nothing beyond rows <-> values. May import domain, errors, ports.
"""
