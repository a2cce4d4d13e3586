package tgsim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Ready says how to reach the simulator and how to log in. Ids are bare, without -100.
type Ready struct {
	Address       string     `json:"address"`
	DCs           DCs        `json:"dcs,omitempty"` // where each DC is if there are several; Address is DC's
	DC            int        `json:"dc"`
	PublicKeyFile string     `json:"public_key_file"`
	APIID         int        `json:"api_id"`
	APIHash       string     `json:"api_hash"`
	Owner         OwnerLogin `json:"owner"`
	Bot           BotLogin   `json:"bot"`
	Group         Group      `json:"group"`
	Control       string     `json:"control"` // the control face's base URL
}

// DCs are addresses of DCs by their number.
type DCs map[int]string

// OwnerLogin is the owner account. Password is empty without a second factor.
type OwnerLogin struct {
	Phone    string `json:"phone"`
	Code     string `json:"code"`
	Password string `json:"password"`
	UserID   int64  `json:"user_id"`
}

// BotLogin is the companion bot.
type BotLogin struct {
	Token    string `json:"token"`
	Username string `json:"username"`
	UserID   int64  `json:"user_id"`
}

// Group is the supergroup that the owner administers.
type Group struct {
	Username string `json:"username"`
	Title    string `json:"title"`
	ID       int64  `json:"id"`
}

// write puts the ready file in place whole: who waits for it never reads half of it.
func (r Ready) write(path string) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write the ready file: %w", err)
	}
	return replaceFile(path, append(data, '\n'))
}

// replaceFile writes a file that only its owner may read, in one step: after a crash there is the old or the new
// content.
func replaceFile(path string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// removeFile removes a file that may be gone already.
func removeFile(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove %s: %w", path, err)
	}
	return nil
}
