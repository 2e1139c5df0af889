// The tables of a run's database. A released entry never changes; a new version is a new entry.

/** Entry i takes a database from `user_version` i to i + 1. */
export const migrations: readonly string[] = [
  `
  CREATE TABLE run (
    only INTEGER PRIMARY KEY CHECK (only = 0),
    status TEXT NOT NULL,
    message TEXT,
    command TEXT NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    process_start TEXT,
    started REAL NOT NULL,
    heartbeat REAL NOT NULL,
    ended REAL,
    step INTEGER NOT NULL,
    total_steps INTEGER
  );
  CREATE TABLE tag (name TEXT PRIMARY KEY) WITHOUT ROWID;
  CREATE TABLE metric_name (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
  CREATE TABLE metric (
    name INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    step INTEGER NOT NULL,
    time REAL NOT NULL,
    tokens INTEGER,
    value REAL,
    PRIMARY KEY (name, sequence)
  ) WITHOUT ROWID;
  CREATE TABLE warning (
    id INTEGER PRIMARY KEY,
    step INTEGER NOT NULL,
    time REAL NOT NULL,
    name TEXT NOT NULL,
    message TEXT NOT NULL,
    trajectory TEXT
  );
  CREATE TABLE evaluation (
    id INTEGER PRIMARY KEY,
    step INTEGER NOT NULL,
    time REAL NOT NULL,
    name TEXT NOT NULL,
    report TEXT NOT NULL
  );
  CREATE TABLE trajectory (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    phase TEXT NOT NULL,
    step INTEGER NOT NULL,
    problem TEXT NOT NULL,
    source TEXT NOT NULL,
    answer TEXT,
    reward REAL,
    parts TEXT NOT NULL,
    correct INTEGER,
    stop TEXT NOT NULL,
    stop_detail TEXT,
    turns INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    tokens INTEGER NOT NULL,
    response_tokens INTEGER NOT NULL,
    policy_tokens INTEGER NOT NULL,
    code_lines INTEGER NOT NULL,
    last_call_ok INTEGER,
    first_call_at REAL,
    self_corrected INTEGER NOT NULL,
    purposes TEXT NOT NULL,
    policy_version INTEGER NOT NULL,
    duration REAL NOT NULL,
    UNIQUE (phase, step, id)
  );
  CREATE INDEX trajectory_problem ON trajectory (problem, step);
  CREATE INDEX trajectory_stop ON trajectory (stop);
  CREATE INDEX trajectory_source ON trajectory (source);
  CREATE TABLE problem (id TEXT PRIMARY KEY, question TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE trajectory_body (row INTEGER PRIMARY KEY, body BLOB NOT NULL);
  CREATE VIRTUAL TABLE trajectory_text USING fts5(text, content='', contentless_delete=1);
  `,
]
