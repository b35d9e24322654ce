"""The Representatives API, as documented by PingRep: one file per noun of its paths."""
