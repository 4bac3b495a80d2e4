-- +goose Up
CREATE TABLE inventoryfolders (
    folderID       varchar(36) NOT NULL PRIMARY KEY,
    agentID        varchar(36) NOT NULL,
    parentFolderID varchar(36) NOT NULL,
    folderName     varchar(64) NOT NULL,
    type           smallint    NOT NULL,
    version        integer     NOT NULL
);

CREATE INDEX inventoryfolders_parent ON inventoryfolders (agentID, parentFolderID);

-- A viewer that finds two folders of a system type, or none, does not start: -1 and 47 are the plain folders and
-- the outfits, all others are system types.
CREATE UNIQUE INDEX inventoryfolders_system ON inventoryfolders (agentID, type) WHERE type NOT IN (-1, 47);
CREATE UNIQUE INDEX inventoryfolders_root ON inventoryfolders (agentID)
    WHERE parentFolderID = '00000000-0000-0000-0000-000000000000';

CREATE TABLE inventoryitems (
    inventoryID                  varchar(36)  NOT NULL PRIMARY KEY,
    avatarID                     varchar(36)  NOT NULL,
    parentFolderID               varchar(36)  NOT NULL,
    assetID                      varchar(36)  NOT NULL,
    assetType                    smallint     NOT NULL,
    invType                      smallint     NOT NULL,
    inventoryName                varchar(64)  NOT NULL,
    inventoryDescription         varchar(128) NOT NULL,
    creatorID                    varchar(255) NOT NULL,
    creationDate                 bigint       NOT NULL,
    inventoryBasePermissions     bigint       NOT NULL,
    inventoryCurrentPermissions  bigint       NOT NULL,
    inventoryGroupPermissions    bigint       NOT NULL,
    inventoryEveryOnePermissions bigint       NOT NULL,
    inventoryNextPermissions     bigint       NOT NULL,
    groupID                      varchar(36)  NOT NULL,
    groupOwned                   smallint     NOT NULL,
    salePrice                    integer      NOT NULL,
    saleType                     smallint     NOT NULL,
    flags                        bigint       NOT NULL
);

CREATE INDEX inventoryitems_folder ON inventoryitems (avatarID, parentFolderID, inventoryName);
CREATE INDEX inventoryitems_type ON inventoryitems (avatarID, assetType);
