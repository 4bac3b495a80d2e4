-- +goose Up
-- OpenSimulator's Friends: one row for each direction, Flags are the rights that PrincipalID grants Friend.
-- Either may be a foreign visitor, whose id begins with his UUID and goes on with ";".
CREATE TABLE Friends (
	PrincipalID VARCHAR(255) NOT NULL,
	Friend      VARCHAR(255) NOT NULL,
	Flags       INTEGER NOT NULL,
	Offered     VARCHAR(32) NOT NULL DEFAULT '0'
);
CREATE UNIQUE INDEX FriendsUUIDs ON Friends (substr(PrincipalID, 1, 36), substr(Friend, 1, 36));
