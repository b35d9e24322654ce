-- Tenants whose conversations are being put on the queue to be analysed again: those up to this id are on it.
CREATE TABLE reanalysis (
    tenant_id  integer NOT NULL PRIMARY KEY,
    queued_to  uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000'
);
