-- Re-analysis of everything waits behind conversations that people are having now.
ALTER TABLE analysis_pending ADD COLUMN backlog boolean NOT NULL DEFAULT false;

DROP INDEX analysis_pending_due;
CREATE INDEX analysis_pending_due ON analysis_pending (tenant_id, backlog, due_at) WHERE failed_at IS NULL;
