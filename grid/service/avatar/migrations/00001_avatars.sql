-- +goose Up
CREATE TABLE Avatars (
    PrincipalID varchar(36) NOT NULL,
    Name        varchar(32) NOT NULL,
    Value       text        NOT NULL,
    PRIMARY KEY (PrincipalID, Name)
);

-- The highest epoch that a user's looks were written under. OpenSimulator has no such table.
CREATE TABLE AvatarEpochs (
    PrincipalID varchar(36) NOT NULL PRIMARY KEY,
    Epoch       bigint      NOT NULL
);
