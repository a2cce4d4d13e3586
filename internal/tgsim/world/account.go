package world

import (
	"fmt"
	"strings"

	"github.com/gotd/td/tg"

	"rollcall/internal/tgsim/people"
)

// account is one user or bot, kept small: there may be 200,000.
type account struct {
	id                    UserID
	first, last, username string
	bot, deleted          bool
}

// addAccount makes a new account. Ids are spread over 33 bits, as Telegram's are, and say nothing of age.
func (w *World) addAccount(p people.Person, bot bool) *account {
	id := w.newID()
	for w.accountByID[id] != 0 || id == ServiceID {
		id = w.newID()
	}
	return w.addAs(id, p, bot)
}

// addAs is addAccount with an id that nobody has.
func (w *World) addAs(id UserID, p people.Person, bot bool) *account {
	if len(w.accounts) == 0 {
		w.accounts = append(w.accounts, account{}) // index 0 means absent
	}
	if _, taken := w.names[strings.ToLower(p.Username)]; taken {
		p.Username = ""
	}
	w.accountByID[id] = int32(len(w.accounts))
	w.accounts = append(w.accounts, account{id: id, first: p.FirstName, last: p.LastName, username: p.Username, bot: bot})
	if p.Username != "" {
		w.names[strings.ToLower(p.Username)] = peer{kindUser, int64(id)}
	}
	return &w.accounts[len(w.accounts)-1]
}

func (w *World) newID() UserID { return UserID(100_000 + w.rng.Int64N(8_000_000_000)) }

// account returns nil for an id that nobody has. The pointer is good until the next addAccount.
func (w *World) account(id UserID) *account {
	i := w.accountByID[id]
	if i == 0 {
		return nil
	}
	return &w.accounts[i]
}

// Username returns the account's username without "@"; empty is none.
func (w *World) Username(id UserID) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if a := w.account(id); a != nil {
		return a.username
	}
	return ""
}

// User returns a fresh user as viewer sees it, with the access hash that viewer must present; nil
// if nobody has the id. The hash of a deleted account stays valid, names and username go.
func (w *World) User(viewer, id UserID) *tg.User {
	w.mu.Lock()
	defer w.mu.Unlock()
	u := w.user(viewer, id)
	if u != nil {
		u.SetFlags() // gotd's getters look at the flags, which else come with encoding
	}
	return u
}

func (w *World) user(viewer, id UserID) *tg.User {
	a := w.account(id)
	if a == nil {
		return nil
	}
	u := new(tg.User)
	w.portray(viewer, a, u)
	return u
}

// portray fills u, which is empty, with the account as viewer sees it. Pages of lists use it on users
// that they have allocated together.
func (w *World) portray(viewer UserID, a *account, u *tg.User) {
	u.ID = int64(a.id)
	u.AccessHash = w.accessHash(viewer, peer{kindUser, int64(a.id)})
	u.FirstName, u.LastName, u.Username = a.first, a.last, a.username
	u.Self, u.Deleted, u.Bot = viewer == a.id, a.deleted, a.bot
	if a.bot {
		u.BotInfoVersion = 1
	}
	switch {
	case u.Self:
		u.Phone = w.logins[a.id].phone
	case a.id == ServiceID:
		u.Phone, u.Verified, u.Support = servicePhone, true, true
	}
	if i := w.contactAt(viewer, a.id); i >= 0 && !a.deleted {
		u.Contact = true
		if line := w.contacts[viewer][i]; line.first != "" || line.last != "" {
			u.FirstName, u.LastName = line.first, line.last
		}
	}
}

// users returns each of ids once, skipping 0 and unknown ids.
func (w *World) users(viewer UserID, ids ...UserID) []tg.UserClass {
	seen := make(map[UserID]struct{}, len(ids))
	out := make([]tg.UserClass, 0, len(ids))
	for _, id := range ids {
		if _, again := seen[id]; again || id == 0 {
			continue
		}
		seen[id] = struct{}{}
		if u := w.user(viewer, id); u != nil {
			out = append(out, u)
		}
	}
	return out
}

// Stranger makes a person who is in no group and knows no bot. It always has a username.
func (w *World) Stranger() (UserID, string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.people.Next(1)
	if _, taken := w.names[strings.ToLower(p.Username)]; taken || p.Username == "" {
		p.Username = fmt.Sprintf("stranger_%06x", mix(uint64(len(w.accounts)))&0xffffff)
	}
	a := w.addAccount(p, false)
	return a.id, a.username
}

// DeleteAccount makes the account a deleted one: no names, no reply to anybody. Nobody is told, and
// groups go on counting it, as on Telegram.
func (w *World) DeleteAccount(id UserID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := w.account(id)
	switch {
	case a == nil:
		return refuse(400, "USER_ID_INVALID")
	case a.bot, id == w.owner:
		return refuse(400, "USER_BOT_INVALID")
	case a.deleted:
		return refuse(400, "INPUT_USER_DEACTIVATED")
	}
	if w.watch != nil {
		w.happened(w.now(), "%s deleted their account", w.who(id))
	}
	w.markDeleted(a)
	return nil
}

func (w *World) markDeleted(a *account) {
	delete(w.names, strings.ToLower(a.username))
	if l, ok := w.logins[a.id]; ok {
		w.logins[a.id] = login{token: l.token, spent: l.spent} // the number is free again
	}
	a.first, a.last, a.username, a.deleted = "", "", "", true
	for _, c := range w.channels {
		if i, ok := c.index[a.id]; ok {
			c.unlist(i)
		}
	}
}
