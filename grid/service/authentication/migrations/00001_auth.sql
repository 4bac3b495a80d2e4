-- +goose Up
-- OpenSimulator's auth. passwordHash and passwordSalt are its MD5 form, and empty once argon2 is there: that is
-- over the MD5 of the whole password, argon2Short over the MD5 of its first 16 bytes when it has more, with
-- the same salt.
CREATE TABLE auth (
	UUID         CHAR(36) NOT NULL PRIMARY KEY,
	passwordHash CHAR(32) NOT NULL DEFAULT '',
	passwordSalt CHAR(32) NOT NULL DEFAULT '',
	webLoginKey  VARCHAR(255) NOT NULL DEFAULT '',
	accountType  VARCHAR(32) NOT NULL DEFAULT 'UserAccount',
	argon2       VARCHAR(255) NOT NULL DEFAULT '',
	argon2Short  VARCHAR(255) NOT NULL DEFAULT ''
);

-- validity is in milliseconds since 1970.
CREATE TABLE tokens (
	UUID     CHAR(36) NOT NULL,
	token    CHAR(36) NOT NULL,
	validity BIGINT NOT NULL,
	PRIMARY KEY (UUID, token)
);
CREATE INDEX tokensValidity ON tokens (validity);
