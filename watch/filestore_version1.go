package watch

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// readVersion1 reads the first format: one JSON object with a checksum. It is
// not written any more; the first Save replaces it.
func readVersion1(data []byte) (map[string]entry, error) {
	var head struct{ Version int } // of any version
	if json.Unmarshal(data, &head) == nil && head.Version > 1 {
		return nil, fmt.Errorf("version %d: %w", head.Version, ErrNewer)
	}
	var f struct {
		Version int             `json:"version"`
		Sum     string          `json:"sum"` // SHA-256 of Cursors as it stands in the file
		Cursors json.RawMessage `json:"cursors"`
	}
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, corrupt(1, err)
	}
	sum := sha256.Sum256(f.Cursors)
	if f.Version != 1 || f.Sum != hex.EncodeToString(sum[:]) {
		return nil, corrupt(1, "the checksum is wrong")
	}
	var cursors map[string]string
	if err := json.Unmarshal(f.Cursors, &cursors); err != nil || cursors == nil {
		return nil, corrupt(1, fmt.Sprintf("there are no cursors (%v)", err))
	}
	entries := make(map[string]entry, len(cursors))
	for key, value := range cursors {
		entries[key] = entry{value: value}
	}
	return entries, nil
}
