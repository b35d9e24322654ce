"""Our own routes: runs, administration, health. Nothing a documented client relies on."""
