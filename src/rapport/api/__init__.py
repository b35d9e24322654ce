"""HTTP: parse the request, make one call, render the answer. No SQL and no prompts here.

One folder per documented API (greenflash, pingrep, teammate) and one for ours (native); they never import each other.
What they share is in this folder: who is asking, limits, paging, error envelopes and the bytes of streams.
"""
