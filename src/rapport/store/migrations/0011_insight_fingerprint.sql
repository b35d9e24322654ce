-- What a cached insight was computed from: it is valid for as long as its scope still looks the same.
ALTER TABLE insight_cache ADD COLUMN fingerprint bytea NOT NULL DEFAULT '';
