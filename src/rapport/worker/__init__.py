"""The worker: claims conversations and jobs, loads, analyses, saves. A task inside `serve`, or a process of its own.

`loop` does what waits; `toolkits` prepare the analysis for each tenant; `topic_jobs` find topics anew. It joins `store`, which
queues and keeps, with `analysis`, which computes, and knows nothing of HTTP.
"""
