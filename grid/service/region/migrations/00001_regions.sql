-- +goose Up
-- OpenSimulator's regions without its dead columns, and NameKey, the name as it is compared, and Boot.
CREATE TABLE regions (
	uuid             CHAR(36) NOT NULL PRIMARY KEY,
	ScopeID          CHAR(36) NOT NULL,
	regionHandle     BIGINT NOT NULL,
	regionName       VARCHAR(128) NOT NULL,
	regionSecret     VARCHAR(128) NOT NULL DEFAULT '',
	serverIP         VARCHAR(255) NOT NULL DEFAULT '',
	serverPort       INTEGER NOT NULL DEFAULT 0,
	serverHttpPort   INTEGER NOT NULL DEFAULT 0,
	serverURI        VARCHAR(255) NOT NULL DEFAULT '',
	locX             BIGINT NOT NULL,
	locY             BIGINT NOT NULL,
	sizeX            INTEGER NOT NULL,
	sizeY            INTEGER NOT NULL,
	regionMapTexture CHAR(36) NOT NULL,
	owner_uuid       CHAR(36) NOT NULL,
	access           INTEGER NOT NULL DEFAULT 21,
	flags            INTEGER NOT NULL DEFAULT 0,
	last_seen        BIGINT NOT NULL DEFAULT 0,
	NameKey          VARCHAR(255) NOT NULL UNIQUE,
	Boot             CHAR(36) NOT NULL
);
CREATE INDEX regionsPlace ON regions (locX, locY);
