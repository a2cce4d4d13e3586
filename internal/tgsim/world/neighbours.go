package world

import "rollcall/internal/tgsim/people"

// telegramID is the account that service notifications come from.
const telegramID UserID = 777000

// makeNeighbours makes the owner's other dialogs: groups that others run, one with hidden members,
// a channel, a basic group of the owner's own and Telegram's notifications.
func (w *World) makeNeighbours(now int32) {
	host := w.addAccount(people.Person{FirstName: "Henk", LastName: "Visser", Username: "henk_visser"}, false).id
	crowd := w.crowd(60)

	cyclists := w.addChannel("Old Town Cyclists", "old_town_cyclists", host, now-900*day)
	w.settle(cyclists, host, crowd, now-3600)
	courtyard := w.addChannel("Quiet Courtyard", "", host, now-400*day)
	courtyard.hidden = true
	w.settle(courtyard, host, crowd[:min(len(crowd), 20)], now-2*day)
	news := w.addChannel("Lantern Street News", "lantern_news", host, now-1000*day)
	news.broadcast = true
	w.settle(news, host, crowd, now-7200)
	if w.opts.Members >= smallGroup {
		w.group.channelBans = []channelBan{{news.id, ban{by: w.owner, date: now - 30*day, rights: Banned()}}}
	}

	evening := w.makeChat("Reading Evening", crowd[:min(len(crowd), 7)], now-200*day)
	w.dialogs[w.owner] = append(w.dialogs[w.owner],
		dialog{peer: w.group.peer()},
		dialog{peer: cyclists.peer()},
		dialog{peer: courtyard.peer()},
		dialog{peer: news.peer()},
		dialog{peer: peer{kindChat, int64(evening.id)}, topID: w.nextID(w.owner), date: now - 5*day},
	)
	w.notify(now - 6*day)
}

// crowd returns up to n people who live in the group, in a fixed order.
func (w *World) crowd(n int) []UserID {
	var out []UserID
	for _, r := range w.group.rows {
		if a := w.account(r.user); r.in && !a.bot && !a.deleted && r.user != w.owner {
			out = append(out, r.user)
		}
		if len(out) == n {
			break
		}
	}
	return out
}

// settle puts the owner and the crowd into a channel that host runs.
func (w *World) settle(c *channel, host UserID, crowd []UserID, spoke int32) {
	c.topDate = spoke
	w.seat(c, host, 0, c.created, c.created)
	for i, u := range crowd {
		at := c.created + int32(i+1)*day
		w.seat(c, u, 0, at, at)
	}
	w.seat(c, w.owner, 0, c.created+100*day, spoke)
}

func (w *World) makeChat(title string, crowd []UserID, created int32) *chat {
	g := &chat{
		id: ChatID(300_000_000 + w.rng.Int64N(700_000_000)), title: title, creator: w.owner, created: created,
		version: 1 + len(crowd), members: []chatMember{{user: w.owner, inviter: w.owner, date: created}},
	}
	for i, u := range crowd {
		g.members = append(g.members, chatMember{user: u, inviter: w.owner, date: created + int32(i)*3600, admin: i == 0})
	}
	w.chats[g.id] = g
	return g
}

// nextID takes a message id of the account's box without a message that can be read again.
func (w *World) nextID(u UserID) int {
	b := w.box(u)
	b.lastID++
	return b.lastID
}

// notify leaves one service notification in the owner's dialogs.
func (w *World) notify(at int32) {
	w.accountByID[telegramID] = int32(len(w.accounts))
	w.accounts = append(w.accounts, account{id: telegramID, first: "Telegram"})
	l := &letter{from: telegramID, to: w.owner, date: at, text: "Welcome to the simulated Telegram."}
	l.toID = w.box(w.owner).keep(l)
	w.touchDialog(w.owner, peer{kindUser, int64(telegramID)}, l)
}
