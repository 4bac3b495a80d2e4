-- +goose Up
-- OpenSimulator's Presence, and the lease of each session. Times of a lease are milliseconds since 1970;
-- Expires is 0 for a session in a region that does not renew.
CREATE TABLE Presence (
	SessionID       CHAR(36) NOT NULL PRIMARY KEY,
	UserID          VARCHAR(255) NOT NULL UNIQUE,
	RegionID        CHAR(36) NOT NULL,
	SecureSessionID CHAR(36) NOT NULL,
	LastSeen        INTEGER NOT NULL,
	Epoch           BIGINT NOT NULL,
	FormerEpoch     BIGINT NOT NULL DEFAULT 0,
	Boot            CHAR(36) NOT NULL,
	Began           BIGINT NOT NULL,
	Expires         BIGINT NOT NULL
);
CREATE INDEX PresenceRegion ON Presence (RegionID);

-- The highest epoch ever given to each user, whether he has a session or not.
CREATE TABLE PresenceEpochs (
	UserID VARCHAR(255) NOT NULL PRIMARY KEY,
	Epoch  BIGINT NOT NULL
);
