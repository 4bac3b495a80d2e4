-- +goose Up
-- OpenSimulator's GridUser, and the fence of its last writers: Epoch is the highest that was seen,
-- LoginSession and LoginEpoch are the fence that marked the user online last.
CREATE TABLE GridUser (
	UserID       VARCHAR(255) NOT NULL PRIMARY KEY,
	HomeRegionID CHAR(36) NOT NULL,
	HomePosition VARCHAR(64) NOT NULL,
	HomeLookAt   VARCHAR(64) NOT NULL,
	LastRegionID CHAR(36) NOT NULL,
	LastPosition VARCHAR(64) NOT NULL,
	LastLookAt   VARCHAR(64) NOT NULL,
	Online       VARCHAR(5) NOT NULL DEFAULT 'False',
	Login        BIGINT NOT NULL DEFAULT 0,
	Logout       BIGINT NOT NULL DEFAULT 0,
	Epoch        BIGINT NOT NULL DEFAULT 0,
	LoginSession CHAR(36) NOT NULL DEFAULT '',
	LoginEpoch   BIGINT NOT NULL DEFAULT 0
);
-- A foreign visitor's UserID begins with his UUID and goes on with ";" and his home.
CREATE INDEX GridUserUUID ON GridUser (substr(UserID, 1, 36));
