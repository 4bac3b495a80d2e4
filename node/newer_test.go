package node

import "database/sql"

// insertNewerVersion makes a database look as if a later version had written it.
func insertNewerVersion(tx *sql.Tx) error {
	_, err := tx.Exec(`INSERT INTO migrations_account (version_id, is_applied) VALUES (9999, 1)`)
	return err
}
