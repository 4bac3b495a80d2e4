-- +goose Up
CREATE TABLE MuteList (
    AgentID   varchar(36) NOT NULL,
    MuteID    varchar(36) NOT NULL,
    MuteName  varchar(64) NOT NULL,
    MuteType  integer     NOT NULL,
    MuteFlags integer     NOT NULL,
    Stamp     bigint      NOT NULL,
    PRIMARY KEY (AgentID, MuteID, MuteName)
);
