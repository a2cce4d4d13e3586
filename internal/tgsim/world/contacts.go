package world

import (
	"cmp"
	"slices"
)

// contact is a line of somebody's address book. Its names are what its owner calls the person; both empty
// is what the person does.
type contact struct {
	user        UserID
	first, last string
}

// AddContact puts a person into the account's address book, or renames them there. Lists show the account its own
// names for its contacts, and do not search them. Bots have no contacts, and nobody is told.
func (w *World) AddContact(of, u UserID, first, last string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	a, b := w.account(of), w.account(u)
	switch {
	case a == nil, b == nil:
		return refuse(400, "USER_ID_INVALID")
	case a.bot:
		return refuse(400, "BOT_METHOD_INVALID")
	case b.bot, of == u:
		return refuse(400, "CONTACT_ID_INVALID")
	case b.deleted:
		return refuse(400, "INPUT_USER_DEACTIVATED")
	}
	line := contact{user: u, first: first, last: last}
	if i := w.contactAt(of, u); i >= 0 {
		w.contacts[of][i] = line
		return nil
	}
	w.contacts[of] = append(w.contacts[of], line)
	return nil
}

// contactAt returns where in the account's address book the person is, or -1.
func (w *World) contactAt(of, u UserID) int {
	return slices.IndexFunc(w.contacts[of], func(c contact) bool { return c.user == u })
}

// contactList is the viewer's contacts in the channel, the most recently active first. The viewer is among them, as
// Telegram has it. Who are hidden from the viewer are not.
func (w *World) contactList(c *channel, viewer UserID) []peer {
	book := w.contacts[viewer]
	if len(book) == 0 {
		return nil
	}
	var rows []int32
	for _, line := range append([]contact{{user: viewer}}, book...) {
		if row, ok := c.index[line.user]; ok && c.rows[row].active != 0 {
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, func(a, b int32) int { return cmp.Compare(c.rows[b].active, c.rows[a].active) })
	out := make([]peer, 0, len(rows))
	for _, row := range rows {
		out = append(out, peer{kindUser, int64(c.rows[row].user)})
	}
	if c.hides(viewer) {
		few := c.publicFew()
		out = slices.DeleteFunc(out, func(p peer) bool { return !slices.Contains(few, p) })
	}
	return out
}
