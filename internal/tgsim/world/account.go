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

// login is what an account that clients can sign in to has beside its face.
type login struct{ phone, code, password, token string }

// addAccount makes a new account. Ids are spread over 33 bits, as Telegram's are, and say nothing of age.
func (w *World) addAccount(p people.Person, bot bool) *account {
	id := w.newID()
	for w.accountByID[id] != 0 {
		id = w.newID()
	}
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

// AccountByPhone finds who signs in with the number, with or without "+".
func (w *World) AccountByPhone(phone string) (UserID, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	phone = strings.TrimPrefix(phone, "+")
	for id, l := range w.logins {
		if l.phone != "" && l.phone == phone {
			return id, true
		}
	}
	return 0, false
}

// BotByToken finds the bot that signs in with the token.
func (w *World) BotByToken(token string) (UserID, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, l := range w.logins {
		if l.token != "" && l.token == token {
			return id, true
		}
	}
	return 0, false
}

// Phone returns the number without "+"; empty for accounts that nobody can sign in to.
func (w *World) Phone(id UserID) string { return w.login(id).phone }

// Code returns the login code that is sent to the account.
func (w *World) Code(id UserID) string { return w.login(id).code }

// Password returns the second factor; empty is none.
func (w *World) Password(id UserID) string { return w.login(id).password }

// Token returns a bot's token.
func (w *World) Token(id UserID) string { return w.login(id).token }

func (w *World) login(id UserID) login {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.logins[id]
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
	u := &tg.User{
		ID:         int64(id),
		AccessHash: w.accessHash(viewer, peer{kindUser, int64(id)}),
		FirstName:  a.first,
		LastName:   a.last,
		Username:   a.username,
		Self:       viewer == id,
		Deleted:    a.deleted,
		Bot:        a.bot,
	}
	if a.bot {
		u.BotInfoVersion = 1
	}
	if u.Self {
		u.Phone = w.logins[id].phone
	}
	return u
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
	p := w.people.Next()
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
	w.markDeleted(a)
	return nil
}

func (w *World) markDeleted(a *account) {
	delete(w.names, strings.ToLower(a.username))
	a.first, a.last, a.username, a.deleted = "", "", "", true
	for _, c := range w.channels {
		if i, ok := c.index[a.id]; ok {
			c.unlist(i)
		}
	}
}
