-- +goose Up
CREATE TABLE AgentPrefs (
    PrincipalID      varchar(36) NOT NULL PRIMARY KEY,
    AccessPrefs      varchar(2)  NOT NULL DEFAULT 'M',
    HoverHeight      real        NOT NULL DEFAULT 0,
    Language         varchar(32) NOT NULL DEFAULT 'en-us',
    LanguageIsPublic smallint    NOT NULL DEFAULT 1,
    PermEveryone     bigint      NOT NULL DEFAULT 0,
    PermGroup        bigint      NOT NULL DEFAULT 0,
    PermNextOwner    bigint      NOT NULL DEFAULT 532480
);
