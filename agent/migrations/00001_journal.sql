-- +goose Up
CREATE TABLE journal (
	session TEXT PRIMARY KEY,
	agent   TEXT NOT NULL,
	epoch   INTEGER NOT NULL,
	open    INTEGER NOT NULL, -- 1: the session is live; 0: it has left and owes what value says
	value   BLOB NOT NULL     -- a departure, as JSON
);
CREATE INDEX journal_agent ON journal (agent);

-- +goose Down
DROP TABLE journal;
