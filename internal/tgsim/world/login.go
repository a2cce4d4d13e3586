package world

import (
	"fmt"
	"slices"
	"strings"
)

// login is what an account that clients can sign in to has beside its face.
type login struct {
	phone, code, password, token string
	spent                        []string // tokens that were the bot's before
	banned                       bool
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

// TokenSpent says whether a bot had the token once.
func (w *World) TokenSpent(token string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.logins {
		if slices.Contains(l.spent, token) {
			return true
		}
	}
	return false
}

// RenewToken gives the bot another token; the one before is worth nothing from now on.
func (w *World) RenewToken(bot UserID) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	l, ok := w.logins[bot]
	if !ok || l.token == "" {
		return "", refuse(400, "BOT_INVALID")
	}
	l.spent = append(slices.Clone(l.spent), l.token)
	l.token = fmt.Sprintf("%d:AA%s", bot, w.letters(33))
	w.logins[bot] = l
	return l.token, nil
}

// SetPassword changes the account's second factor; empty takes it away.
func (w *World) SetPassword(id UserID, password string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	l, ok := w.logins[id]
	if !ok || l.token != "" {
		return refuse(400, "USER_ID_INVALID")
	}
	l.password = password
	w.logins[id] = l
	return nil
}

// Deactivate deletes an account that clients sign in to, as its owner does: unlike with DeleteAccount it may be
// the group's owner.
func (w *World) Deactivate(id UserID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := w.account(id)
	switch _, ok := w.logins[id]; {
	case !ok, a.bot:
		return refuse(400, "USER_ID_INVALID")
	case a.deleted:
		return refuse(400, "INPUT_USER_DEACTIVATED")
	}
	w.markDeleted(a)
	return nil
}

// BanAccount has Telegram ban an account that clients sign in to, or lets it in again.
func (w *World) BanAccount(id UserID, banned bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	l, ok := w.logins[id]
	if !ok {
		return refuse(400, "USER_ID_INVALID")
	}
	l.banned = banned
	w.logins[id] = l
	return nil
}

// LockedOut returns the name of the 401 that all logins of the account get, empty if it may log in.
func (w *World) LockedOut(id UserID) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch a := w.account(id); {
	case a == nil, a.deleted:
		return "USER_DEACTIVATED"
	case w.logins[id].banned:
		return "USER_DEACTIVATED_BAN"
	}
	return ""
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

// ServiceID is the account by which Telegram writes to people, of login codes and new logins. It is there once it
// has written.
const ServiceID UserID = 777000

const servicePhone = "42777"

// Notify has Telegram's own account write to the account.
func (w *World) Notify(to UserID, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.box(to) == nil {
		return
	}
	if w.account(ServiceID) == nil {
		w.accountByID[ServiceID] = int32(len(w.accounts))
		w.accounts = append(w.accounts, account{id: ServiceID, first: "Telegram"})
	}
	w.write(ServiceID, to, Draft{Text: text})
}

// Contacts returns the account's address book.
func (w *World) Contacts(of UserID) []UserID {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []UserID
	for _, one := range w.contacts[of] {
		out = append(out, one.user)
	}
	return out
}

// BlockedBots returns the bots that the account blocked, by id.
func (w *World) BlockedBots(of UserID) []UserID {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []UserID
	for p, t := range w.talks {
		if p.user == of && t.blocked {
			out = append(out, p.bot)
		}
	}
	slices.Sort(out)
	return out
}
