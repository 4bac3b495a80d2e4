-- +goose Up
-- The columns down to asset_flags are those of OpenSimulator's FSAssets.
CREATE TABLE fsassets (
    id          varchar(36)  NOT NULL PRIMARY KEY,
    name        varchar(64)  NOT NULL,
    description varchar(64)  NOT NULL,
    type        smallint     NOT NULL,
    hash        char(64)     NOT NULL,
    create_time bigint       NOT NULL,
    access_time bigint       NOT NULL,
    asset_flags integer      NOT NULL,
    creatorid   varchar(128) NOT NULL,
    temporary   smallint     NOT NULL,
    size        bigint       NOT NULL
);

CREATE INDEX fsassets_hash ON fsassets (hash);
CREATE INDEX fsassets_expiry ON fsassets (temporary, access_time);

-- Contents that lost their last asset and whose files may still be there.
CREATE TABLE assetgarbage (
    hash char(64) NOT NULL PRIMARY KEY
);
