"""Runs in an MLflow server's SQLite store, as its own store writes them.

usage: fill-sqlite.py DATABASE < JSON: {"experiment": "1", "runs": [{"id", "name", "user", "status", "start", "end", "lifecycle", "uri", "params", "tags", "metrics"}]}
"""

import json
import sqlite3
import sys

given = json.load(sys.stdin)
experiment, runs = given["experiment"], given["runs"]
with sqlite3.connect(sys.argv[1]) as store:
    store.executemany(
        "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, end_time, source_version, lifecycle_stage, artifact_uri, experiment_id)"
        " VALUES (?, ?, 'UNKNOWN', '', '', ?, ?, ?, ?, '', ?, ?, ?)",
        [(r["id"], r["name"], r["user"], r["status"], r["start"], r["end"], r["lifecycle"], r["uri"], experiment) for r in runs],
    )
    for table in ("params", "tags"):
        store.executemany(f"INSERT INTO {table} (key, value, run_uuid) VALUES (?, ?, ?)", [(k, v, r["id"]) for r in runs for k, v in r[table].items()])
    store.executemany(
        "INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid) VALUES (?, ?, ?, ?, 0, ?)",
        [(m["key"], m["value"], m["timestamp"], m["step"], r["id"]) for r in runs for m in r["metrics"].values()],
    )
