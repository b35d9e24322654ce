"""Questions over many conversations: read-only SQL that starts from a Scope. Writes nothing but the cache.
May import store (connections, cache) and below.
"""
