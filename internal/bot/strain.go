package bot

import "github.com/gotd/td/tg"

// strain keeps of a delivery what the update manager is to see: everything that moves pts or qts, whoever it is about, and button
// presses. Dropped are updates of channels (see the package's documentation) and all the unnumbered rest.
//
// The containers' own number (seq) is dropped too: it protects nothing that pts and qts do not, but a hole in it would hold
// the whole container back.
func (b *Bot) strain(u tg.UpdatesClass) (tg.UpdatesClass, bool) {
	switch u := u.(type) {
	case *tg.Updates:
		return container(u.Updates, u.Users, u.Chats, u.Date)
	case *tg.UpdatesCombined:
		return container(u.Updates, u.Users, u.Chats, u.Date)
	case *tg.UpdateShort:
		return u, wanted(u.Update)
	case *tg.UpdateShortMessage:
		if !u.Out && !b.tongues.knows(u.UserID) {
			// A short message does not say who its sender is. The difference has the same message with its sender.
			return &tg.UpdatesTooLong{}, true
		}
		return u, true
	}
	return u, true
}

func container(us []tg.UpdateClass, users []tg.UserClass, chats []tg.ChatClass, date int) (tg.UpdatesClass, bool) {
	kept := make([]tg.UpdateClass, 0, len(us))
	for _, u := range us {
		if wanted(u) {
			kept = append(kept, u)
		}
	}
	return &tg.Updates{Updates: kept, Users: users, Chats: chats, Date: date}, len(kept) > 0
}

// wanted drops numbers of zero along with the rest: they are no positions, and td would take them for one.
func wanted(u tg.UpdateClass) bool {
	switch u.(type) {
	case *tg.UpdatePtsChanged, *tg.UpdateBotCallbackQuery:
		return true
	}
	if pts, _, ok := tg.IsPtsUpdate(u); ok {
		return pts > 0
	}
	qts, ok := tg.IsQtsUpdate(u)
	return ok && qts > 0
}
