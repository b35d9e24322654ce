"""The Insights API, as documented by Greenflash: one file per noun of its paths."""
