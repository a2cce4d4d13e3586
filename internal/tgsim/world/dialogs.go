package world

import (
	"cmp"
	"slices"

	"github.com/gotd/td/tg"
)

// dialog is one line of an account's chat list. Of channels only peer is set.
type dialog struct {
	peer   peer
	letter *letter // the newest message, nil when none is left
	topID  int     // of basic groups whose making is the newest that there is
	date   int32
}

// DialogsRequest asks for the page of dialogs that follows the offset: date and id of the last
// dialog's top message, and its peer.
type DialogsRequest struct {
	OffsetDate, OffsetID int
	OffsetPeer           Peer
	Limit                int
}

// maxDialogs is how many dialogs come at once.
const maxDialogs = 100

// Dialogs returns a page, newest top message first; past the end it is empty. Everything in one
// page is messages.dialogs, a part is messages.dialogsSlice.
func (w *World) Dialogs(u UserID, q DialogsRequest) tg.MessagesDialogsClass {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := slices.Clone(w.dialogs[u])
	slices.SortFunc(all, func(a, b dialog) int { return w.newer(u, a, b) })
	limit := min(q.Limit, maxDialogs)
	if limit <= 0 {
		limit = defaultPage
	}
	page := w.after(u, all, q)
	page = page[:min(len(page), limit)]
	rows := make([]tg.DialogClass, 0, len(page))
	for _, d := range page {
		rows = append(rows, w.dialogRow(u, d))
	}
	users, chats := w.dialogFaces(u, page)
	messages := w.topMessages(u, page)
	if len(page) == len(all) {
		return &tg.MessagesDialogs{Dialogs: rows, Messages: messages, Users: users, Chats: chats}
	}
	return &tg.MessagesDialogsSlice{Count: len(all), Dialogs: rows, Messages: messages, Users: users, Chats: chats}
}

// newer orders dialogs by date, then by message id, then by peer.
func (w *World) newer(u UserID, a, b dialog) int {
	aID, aDate := w.top(u, a)
	bID, bDate := w.top(u, b)
	return cmp.Or(cmp.Compare(bDate, aDate), cmp.Compare(bID, aID),
		cmp.Compare(a.peer.kind, b.peer.kind), cmp.Compare(a.peer.id, b.peer.id))
}

// after drops the dialogs up to the offset, by its peer where it is in the list.
func (w *World) after(u UserID, all []dialog, q DialogsRequest) []dialog {
	if q.OffsetDate == 0 && q.OffsetID == 0 {
		return all
	}
	at := slices.IndexFunc(all, func(d dialog) bool { return d.peer == q.OffsetPeer.peer() })
	if at >= 0 {
		if _, date := w.top(u, all[at]); q.OffsetDate == 0 || int(date) == q.OffsetDate {
			return all[at+1:]
		}
	}
	for i, d := range all {
		id, date := w.top(u, d)
		if int(date) < q.OffsetDate || int(date) == q.OffsetDate && id < q.OffsetID {
			return all[i:]
		}
	}
	return nil
}

func (p Peer) peer() peer {
	switch {
	case p.User != 0:
		return peer{kindUser, int64(p.User)}
	case p.Channel != 0:
		return peer{kindChannel, int64(p.Channel)}
	}
	return peer{kindChat, int64(p.Chat)}
}

// tgPeer returns a fresh tg peer.
func (p peer) tgPeer() tg.PeerClass {
	switch p.kind {
	case kindUser:
		return &tg.PeerUser{UserID: p.id}
	case kindChannel:
		return &tg.PeerChannel{ChannelID: p.id}
	default:
		return &tg.PeerChat{ChatID: p.id}
	}
}

// top returns id and date of the dialog's top message.
func (w *World) top(u UserID, d dialog) (int, int32) {
	switch {
	case d.peer.kind == kindChannel:
		p := w.channels[ChannelID(d.peer.id)].told.newest()
		if p == nil {
			return 0, 0
		}
		return p.id, p.date
	case d.letter != nil:
		return d.letter.idOf(u), d.letter.date
	}
	return d.topID, d.date
}

func (w *World) dialogRow(u UserID, d dialog) *tg.Dialog {
	row := &tg.Dialog{Peer: d.peer.tgPeer()}
	row.TopMessage, _ = w.top(u, d)
	if d.peer.kind == kindChannel {
		row.SetPts(w.channels[ChannelID(d.peer.id)].pts)
	}
	row.ReadInboxMaxID, row.ReadOutboxMaxID = row.TopMessage, row.TopMessage
	return row
}

// topMessages returns the message that each dialog shows.
func (w *World) topMessages(u UserID, page []dialog) []tg.MessageClass {
	out := make([]tg.MessageClass, 0, len(page))
	for _, d := range page {
		switch {
		case d.letter != nil:
			out = append(out, d.letter.seenBy(u))
		case d.peer.kind == kindChannel:
			c := w.channels[ChannelID(d.peer.id)]
			if p := c.told.newest(); p != nil {
				out = append(out, p.seenBy(u, c))
			}
		}
	}
	return out
}

// dialogFaces returns everybody the page names.
func (w *World) dialogFaces(u UserID, page []dialog) ([]tg.UserClass, []tg.ChatClass) {
	ids := []UserID{u}
	var peers []peer
	for _, d := range page {
		if d.letter != nil {
			ids = append(append(ids, d.letter.from), d.letter.named...)
		}
		switch d.peer.kind {
		case kindUser:
			ids = append(ids, UserID(d.peer.id))
		case kindChannel:
			c := w.channels[ChannelID(d.peer.id)]
			ids = append(ids, c.creator)
			if p := c.told.newest(); p != nil {
				ids = append(ids, p.mentioned()...)
			}
			peers = append(peers, d.peer)
		case kindChat:
			for _, m := range w.chats[ChatID(d.peer.id)].members {
				ids = append(ids, m.user)
			}
			peers = append(peers, d.peer)
		}
	}
	return w.users(u, ids...), w.chatFaces(u, peers...)
}

// touchDialog makes l the newest message of u's dialog with who is on its other side.
func (w *World) touchDialog(u UserID, with peer, l *letter) {
	list := w.dialogs[u]
	for i := range list {
		if list[i].peer == with {
			list[i].letter = l
			return
		}
	}
	w.dialogs[u] = append(list, dialog{peer: with, letter: l})
}

func (w *World) dialogOf(u UserID, with peer) dialog {
	for _, d := range w.dialogs[u] {
		if d.peer == with {
			return d
		}
	}
	return dialog{peer: with}
}
