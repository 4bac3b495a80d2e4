// Package asset keeps what the world is made of: the asset service with contents as files, named by
// their SHA-256, and everything else over SQL, in the table of OpenSimulator's FSAssets.
//
// A content is on disk before the row that names it, and its row is gone before it is: whatever the
// moment of a crash, no asset lacks its content. Many assets may share one content. What is read is
// checked against its name, so a damaged file is reported and never handed out.
package asset

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
	"unicode/utf8"

	"terrane/grid"
	"terrane/store"

	"github.com/google/uuid"
	"golang.org/x/sync/singleflight"
)

//go:embed migrations
var migrations embed.FS

// DefaultCache is how many bytes of content are kept in memory when nothing else is said. It is small:
// the operating system keeps files too.
const DefaultCache = 8 << 20

// maxName is how much is kept of a name or description, in bytes.
const maxName = 64

// Options are what a Service is made with. Dir alone must be set.
type Options struct {
	Dir   string           // folder of the contents; made when it is missing, and nobody else's
	Cache int              // bytes of content kept in memory; 0: DefaultCache; below: none
	Now   func() time.Time // stamps what is put, and notes when temporary assets are used; nil: time.Now
}

// Service is the asset service. It implements grid.Assets.
type Service struct {
	db    *store.DB
	blobs *folder
	cache *cache
	reads singleflight.Group // by hash: many who miss the cache read a file once
	now   func() time.Time
	// turn is held by whoever deletes. Two deletions in one transaction could each take the other's for done,
	// and a content would be gone when the transaction then failed.
	turn chan struct{}
}

var _ grid.Assets = (*Service)(nil)

// New makes the service over a database and a folder, and its tables where they are missing. It finishes
// what a crash interrupted.
func New(db *store.DB, o Options) (*Service, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(context.Background(), "asset", files); err != nil {
		return nil, err
	}
	blobs, err := openFolder(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("folder of assets: %w", err)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Cache == 0 {
		o.Cache = DefaultCache
	}
	s := &Service{
		db: db, blobs: blobs, cache: newCache(o.Cache), now: o.Now,
		turn: make(chan struct{}, 1), // one at a time; the others wait as long as their contexts let them
	}
	if err := s.sweep(context.Background()); err != nil {
		return nil, err
	}
	return s, nil
}

// Asset implements grid.Assets. A content that is missing or damaged is a *BlobError, which is a
// grid.ErrUnavailable: the asset exists, and may be whole again when its file is.
func (s *Service) Asset(ctx context.Context, id uuid.UUID) (grid.Asset, error) {
	a, err := s.asset(ctx, id)
	if errors.Is(err, fs.ErrNotExist) {
		// It may have been deleted after its row was read.
		a, err = s.asset(ctx, id)
	}
	if err != nil {
		return grid.Asset{}, failedAt(id, err)
	}
	return a, nil
}

func (s *Service) asset(ctx context.Context, id uuid.UUID) (grid.Asset, error) {
	r, err := s.row(ctx, id)
	if err != nil {
		return grid.Asset{}, err
	}
	data, err := s.content(r.Hash)
	if err != nil {
		return grid.Asset{}, err
	}
	if day := dayOf(s.now()); r.Temporary && r.used < day {
		// The asset has been read whatever becomes of this note; without it a bake is at worst made again.
		_ = s.note(ctx, id, day)
	}
	return grid.Asset{AssetInfo: r.AssetInfo, Data: data}, nil
}

// content is what a hash names, from memory or from its file.
func (s *Service) content(h hash) ([]byte, error) {
	if data, ok := s.cache.get(h); ok {
		return data, nil
	}
	data, err, _ := s.reads.Do(string(h[:]), func() (any, error) {
		data, err := s.blobs.read(h)
		if err == nil {
			s.cache.put(h, data)
		}
		return data, err
	})
	if err != nil {
		return nil, err
	}
	return data.([]byte), nil
}

// AssetInfo implements grid.Assets.
func (s *Service) AssetInfo(ctx context.Context, id uuid.UUID) (grid.AssetInfo, error) {
	r, err := s.row(ctx, id)
	if err != nil {
		return grid.AssetInfo{}, failedAt(id, err)
	}
	return r.AssetInfo, nil
}

// AssetsExist implements grid.Assets.
func (s *Service) AssetsExist(ctx context.Context, ids []uuid.UUID) ([]bool, error) {
	found := map[uuid.UUID]bool{}
	err := s.db.View(ctx, func(tx *sql.Tx) error {
		for in, args := range store.In(ids) {
			if err := find(tx, found, in, args); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, failed("which assets exist", err)
	}
	exist := make([]bool, len(ids))
	for n, id := range ids {
		exist[n] = found[id]
	}
	return exist, nil
}

// PutAsset implements grid.Assets. What was put before keeps its name and its other properties, but is
// no longer temporary when one who puts it again does not say so. A damaged content is mended by
// putting it again.
func (s *Service) PutAsset(ctx context.Context, a grid.Asset) (uuid.UUID, error) {
	if a.ID == uuid.Nil {
		a.ID = uuid.New()
	}
	if len(a.Data) > grid.MaxAsset {
		return uuid.Nil, failedAt(a.ID, fmt.Errorf("%d bytes, at most %d are taken: %w", len(a.Data), grid.MaxAsset, grid.ErrDenied))
	}
	a.Name, a.Description = cut(a.Name), cut(a.Description)
	a.Hash, a.Size = sha256.Sum256(a.Data), len(a.Data)
	if a.Created.IsZero() {
		a.Created = s.now()
	}
	err := s.put(ctx, a)
	for errors.Is(err, errSwept) {
		err = s.put(ctx, a)
	}
	if err != nil {
		return uuid.Nil, failedAt(a.ID, err)
	}
	return a.ID, nil
}

// errSwept says that a content was deleted with its last asset after it had been found in place.
var errSwept = errors.New("content was deleted meanwhile")

func (s *Service) put(ctx context.Context, a grid.Asset) error {
	switch old, err := s.row(ctx, a.ID); {
	case err == nil && old.Hash != a.Hash:
		return errTaken
	case err != nil && !errors.Is(err, grid.ErrNotFound):
		return err
	}
	if err := s.blobs.write(a.Hash, a.Data); err != nil {
		return err
	}
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		if !s.blobs.has(a.Hash) {
			return errSwept
		}
		return insert(tx, a.AssetInfo, dayOf(s.now()))
	})
	if err != nil && !errors.Is(err, errSwept) {
		return errors.Join(err, s.discard(context.WithoutCancel(ctx), a.Hash))
	}
	return err
}

// DeleteAsset implements grid.Assets.
func (s *Service) DeleteAsset(ctx context.Context, id uuid.UUID) error {
	return failedAt(id, s.delete(ctx, id))
}

func (s *Service) delete(ctx context.Context, id uuid.UUID) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	var orphan []hash
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		r, err := rowOf(tx, id)
		if errors.Is(err, grid.ErrNotFound) {
			orphan = nil
			return nil
		}
		if err != nil {
			return err
		}
		orphan = []hash{r.Hash}
		return remove(tx, id, r.Hash)
	})
	if err != nil {
		return err
	}
	return s.drop(context.WithoutCancel(ctx), orphan)
}

// cut is the part of a name that is kept: whole characters.
func cut(name string) string {
	name = strings.ToValidUTF8(name, "")
	if len(name) <= maxName {
		return name
	}
	end := maxName
	for !utf8.RuneStart(name[end]) {
		end--
	}
	return name[:end]
}

// failed makes a grid.ErrUnavailable of what is not one of the service's own answers.
func failed(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, grid.ErrNotFound), errors.Is(err, grid.ErrDenied), errors.Is(err, grid.ErrConflict),
		errors.Is(err, grid.ErrUnavailable):
		return fmt.Errorf("%s: %w", what, err)
	}
	return fmt.Errorf("%s: %w: %w", what, grid.ErrUnavailable, err)
}

func failedAt(id uuid.UUID, err error) error { return failed("asset "+id.String(), err) }
