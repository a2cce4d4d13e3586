package world

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"rollcall/internal/tgsim/people"
)

// testNumbers is how many test numbers a DC has: 99966 and its digit are followed by four more.
const testNumbers = 10_000

// maxName is how long a first or last name may be, in characters.
const maxName = 64

// Enlist makes somebody of this world an account that clients can sign in to, and returns its phone number, without
// "+", and its login code. Asked again it returns the same, and so do other runs of the world unless two people's numbers
// fall together. The person's groups become the account's dialogs; letters written before that are not in them.
func (w *World) Enlist(id UserID) (phone, code string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := w.account(id)
	switch {
	case a == nil, a.bot, id == ServiceID:
		return "", "", refuse(400, "USER_ID_INVALID")
	case a.deleted:
		return "", "", refuse(400, "INPUT_USER_DEACTIVATED")
	}
	l, ok := w.logins[id]
	if !ok {
		chance := mix(w.seed ^ 0x656e6c697374 ^ uint64(id))
		if l.phone, err = w.freeNumber(chance); err != nil {
			return "", "", err
		}
		l.code = fmt.Sprintf("%05d", mix(chance)%100_000)
		w.admitClient(id, l)
	}
	return l.phone, l.code, nil
}

// SignUp makes a new person whose clients sign in by the phone number, which nobody else may have, and the code.
func (w *World) SignUp(phone, code, first, last string) (UserID, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.owns(phone):
		return 0, refuse(400, "PHONE_NUMBER_OCCUPIED")
	case strings.TrimSpace(first) == "", utf8.RuneCountInString(first) > maxName:
		return 0, refuse(400, "FIRSTNAME_INVALID")
	case utf8.RuneCountInString(last) > maxName:
		return 0, refuse(400, "LASTNAME_INVALID")
	}
	a := w.addAccount(people.Person{FirstName: first, LastName: last}, false)
	id := a.id
	w.admitClient(id, login{phone: phone, code: code})
	if w.watch != nil {
		w.happened(w.now(), "%s signed up", w.who(id))
	}
	return id, nil
}

// Newcomer is an account that clients sign in to and that the seed does not make: it signed up, or is of a stranger.
type Newcomer struct {
	ID       UserID `json:"id"`
	Phone    string `json:"phone"`
	Code     string `json:"code"`
	Password string `json:"password,omitempty"`
	First    string `json:"first_name"`
	Last     string `json:"last_name,omitempty"`
	Username string `json:"username,omitempty"`
}

// Newcomers returns all there are, by id, but for those who have deleted their account.
func (w *World) Newcomers() []Newcomer {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []Newcomer
	for _, id := range w.clients() {
		a := w.account(id)
		if int(w.accountByID[id]) < w.native || a.bot || a.deleted {
			continue
		}
		l := w.logins[id]
		out = append(out, Newcomer{
			ID: id, Phone: l.phone, Code: l.code, Password: l.password, First: a.first, Last: a.last, Username: a.username,
		})
	}
	return out
}

// Welcome makes the account of a newcomer to another run of the world. It is in no group: groups are made anew. It is
// left out if somebody of this run has its id or its number, as when it had the number of an account that was deleted.
func (w *World) Welcome(n Newcomer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n.ID <= 0 || w.account(n.ID) != nil || n.Phone == "" || w.owns(n.Phone) {
		return
	}
	w.addAs(n.ID, people.Person{FirstName: n.First, LastName: n.Last, Username: n.Username}, false)
	w.admitClient(n.ID, login{phone: n.Phone, code: n.Code, password: n.Password})
}

// freeNumber returns a test number of the accounts' DC that nobody has, by chance.
func (w *World) freeNumber(chance uint64) (string, error) {
	for k := range uint64(testNumbers) {
		phone := ownersTestNumbers + fmt.Sprintf("%04d", (chance+k)%testNumbers)
		if !w.owns(phone) {
			return phone, nil
		}
	}
	return "", refuse(406, "PHONE_NUMBER_FLOOD")
}

// owns says whether an account has the number.
func (w *World) owns(phone string) bool {
	for _, l := range w.logins {
		if l.phone == phone {
			return true
		}
	}
	return false
}

// admitClient makes the account one that clients sign in to: it has a box from now on, and its groups for dialogs.
func (w *World) admitClient(id UserID, l login) {
	w.logins[id] = l
	for _, p := range w.groupsOf(id) {
		if p.kind == kindChannel {
			w.openDialog(id, p)
			continue
		}
		g := w.chats[ChatID(p.id)]
		w.dialogs[id] = append(w.dialogs[id], dialog{peer: p, topID: w.nextID(id), date: g.member(id).date})
	}
	w.rememberChats(id)
}

// groupsOf returns the channels and basic groups that the person is in, by id.
func (w *World) groupsOf(id UserID) []peer {
	var out []peer
	for _, c := range w.channels {
		if c.isIn(id) {
			out = append(out, c.peer())
		}
	}
	for _, g := range w.chats {
		if g.has(id) && g.upgraded == 0 {
			out = append(out, peer{kindChat, int64(g.id)})
		}
	}
	slices.SortFunc(out, func(a, b peer) int { return cmp2(a.kind, b.kind, a.id, b.id) })
	return out
}
