package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gotd/td/tg"
)

// What follows the kind in the names of an account's files.
const (
	sealedSuffix = ".session.age" // the session, sealed
	selfSuffix   = ".json"        // who it is: public facts
	storeSuffix  = ".db"          // waits, budgets and access hashes; its lock is the account's
	pidSuffix    = ".pid"         // the last holder; worth something only while the lock is held
)

// hold opens the account's database and with it takes the account.
func hold(dir string, kind Kind) (*store, error) {
	base := filepath.Join(dir, string(kind))
	s, err := openStore(base + storeSuffix)
	if errors.Is(err, errHeld) {
		return nil, &HeldError{Kind: kind, PID: readPID(base + pidSuffix)}
	}
	if err != nil {
		return nil, err
	}
	if err := writeFile(base+pidSuffix, []byte(strconv.Itoa(os.Getpid())+"\n")); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// readPID returns 0 for a file that is missing or is no number: the lock is the truth, the number only a help.
func readPID(path string) int {
	content, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil {
		return 0
	}
	return pid
}

// Self is who is signed in: public facts, without the phone number.
type Self struct {
	ID       int64     `json:"id"`
	Username string    `json:"username,omitempty"`
	Name     string    `json:"name"` // as given by its owner: hostile to a terminal
	Bot      bool      `json:"bot"`
	Since    time.Time `json:"since"` // the login
}

// Known returns who is signed in under dir, without holding the account and without knowing whether the session is still good.
// Facts that cannot be read count as none: Run asks for them again.
func Known(dir string, kind Kind) (Self, bool) {
	base := filepath.Join(dir, string(kind))
	if _, err := os.Stat(base + sealedSuffix); err != nil {
		return Self{}, false
	}
	content, err := os.ReadFile(base + selfSuffix)
	if err != nil {
		return Self{}, false
	}
	var s Self
	if err := json.Unmarshal(content, &s); err != nil || s.ID == 0 {
		return Self{}, false
	}
	return s, true
}

// Login tells an account's sealed session from those before and after it. Only == is of use; zero is none at all.
type Login struct {
	written int64 // when, in nanoseconds
	size    int64
}

// LoginOf is the session that lies sealed under dir, whether it is good or not, without holding the account and without unsealing
// anything: whoever has lost a session sees by it that somebody may have signed in again: Telegram's word on its servers, too, is written there.
func LoginOf(dir string, kind Kind) Login {
	info, err := os.Stat(filepath.Join(dir, string(kind)+sealedSuffix))
	if err != nil {
		return Login{}
	}
	return Login{written: info.ModTime().UnixNano(), size: info.Size()}
}

// Self is Known for this account.
func (a *Account) Self() (Self, bool) { return Known(a.cfg.Dir, a.cfg.Kind) }

// SignedIn reports whether there is a session, whoever's, usable or not.
func (a *Account) SignedIn() bool {
	_, err := os.Stat(a.path(sealedSuffix))
	return err == nil
}

// remember writes down who user is, if that has changed.
func (a *Account) remember(user *tg.User) (Self, error) {
	if user.Bot != (a.cfg.Kind == Bot) {
		return Self{}, fmt.Errorf("%w: it is not the %s's", ErrOtherAccount, a.cfg.Kind)
	}
	was, _ := a.Self()
	is := Self{ID: user.ID, Username: usernameOf(user), Name: nameOf(user), Bot: user.Bot, Since: was.Since}
	if is == was {
		return is, nil
	}
	if is.ID != was.ID || was.Since.IsZero() {
		is.Since = a.cfg.Now().UTC().Truncate(time.Second)
	}
	content, err := json.MarshalIndent(is, "", "  ")
	if err != nil {
		return Self{}, fmt.Errorf("note who is signed in: %w", err)
	}
	return is, writeFile(a.path(selfSuffix), append(content, '\n'))
}

func nameOf(u *tg.User) string { return strings.TrimSpace(u.FirstName + " " + u.LastName) }

// usernameOf prefers the one username field to the list that accounts with several have instead.
func usernameOf(u *tg.User) string {
	if u.Username != "" {
		return u.Username
	}
	for _, name := range u.Usernames {
		if name.Active {
			return name.Username
		}
	}
	return ""
}

// Forget removes the session and who it was, whatever their state, without a word to Telegram, where it stays in the list of devices.
// Waits are kept: they go with the account, not with the session.
func (a *Account) Forget() error {
	err := a.store.clearHashes()
	for _, suffix := range []string{sealedSuffix, selfSuffix} {
		if e := removeFile(a.path(suffix)); e != nil && !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	if err != nil {
		return fmt.Errorf("remove session: %w", err)
	}
	return syncDir(a.cfg.Dir)
}
