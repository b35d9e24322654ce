"""Questions that a language model is asked about one conversation, and what is made of its answers. Pure: nobody is asked here.

`excerpt` is the transcript as data, bounded; `quotes` are checked against it; `measures` is the schema of an analysis; `custom`
are questions in plain words.
"""
