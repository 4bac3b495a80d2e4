-- +goose Up
-- OpenSimulator's UserAccounts, and in FirstKey and LastKey the names as they are compared.
CREATE TABLE UserAccounts (
	PrincipalID CHAR(36) NOT NULL PRIMARY KEY,
	ScopeID     CHAR(36) NOT NULL,
	FirstName   VARCHAR(64) NOT NULL,
	LastName    VARCHAR(64) NOT NULL,
	Email       VARCHAR(255) NOT NULL DEFAULT '',
	ServiceURLs TEXT NOT NULL DEFAULT '',
	Created     INTEGER NOT NULL DEFAULT 0,
	UserLevel   INTEGER NOT NULL DEFAULT 0,
	UserFlags   INTEGER NOT NULL DEFAULT 0,
	UserTitle   VARCHAR(255) NOT NULL DEFAULT '',
	active      INTEGER NOT NULL DEFAULT 1,
	HomeURI     VARCHAR(255) NOT NULL DEFAULT '',
	FirstKey    VARCHAR(255) NOT NULL,
	LastKey     VARCHAR(255) NOT NULL,
	UNIQUE (FirstKey, LastKey)
);
