-- +goose Up
CREATE TABLE im_offline (
    ID          integer     NOT NULL PRIMARY KEY,
    PrincipalID varchar(36) NOT NULL,
    FromID      varchar(36) NOT NULL,
    Message     text        NOT NULL,
    TMStamp     bigint      NOT NULL
);

CREATE INDEX im_offline_principal ON im_offline (PrincipalID, ID);
