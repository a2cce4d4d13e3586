package world

import (
	"time"

	"github.com/gotd/td/tg"
)

// door is who is asked before somebody comes in, beside settings.joinRequest.
type door struct {
	links bool   // links too let nobody in at once
	guard UserID // the bot that decides; 0 is none
}

// GuardLife is how long a guard bot has to answer.
const GuardLife = 10 * time.Second

// guardQuery is what a guard bot is asked about somebody who waits at the door.
type guardQuery struct {
	id      int64
	bot     UserID
	user    UserID
	channel ChannelID
	due     int32
	decided chan struct{}             // closed once the asker can be answered
	verdict tg.JoinChatBotResultClass // that answer; nil: the bot was too late, or is not yet
}

// waits says whether the asker has no answer yet.
func (q *guardQuery) waits() bool {
	select {
	case <-q.decided:
		return false
	default:
		return true
	}
}

// GuardedError is the error of somebody who waits for a guard bot. Who does not wait takes it for INVITE_REQUEST_SENT.
type GuardedError struct {
	Bot     UserID
	Query   int64
	Decided <-chan struct{} // closed when the bot has answered, or is too late
	query   *guardQuery
}

// Error implements error.
func (g *GuardedError) Error() string { return g.Unwrap().Error() }

// Unwrap returns what who does not wait is answered.
func (*GuardedError) Unwrap() error { return refuse(400, "INVITE_REQUEST_SENT") }

// DoorSettings are those of channels.toggleJoinRequest.
type DoorSettings struct {
	Requests bool   // who comes must be let in
	Links    bool   // by links too
	Guard    UserID // the bot that is asked first; 0 is none
}

// SetDoor says who is asked before somebody comes in. A guard must be a bot that may let people in.
func (w *World) SetDoor(by UserID, id ChannelID, d DoorSettings) error {
	if d.Guard != 0 {
		if err := w.mayGuard(by, id, d.Guard); err != nil {
			return err
		}
	}
	err := w.Toggle(by, id, "join-request", d.Requests)
	if err != nil && !isRefusal(err, "CHAT_NOT_MODIFIED") {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	c, next := w.channels[id], door{}
	if d.Requests {
		next = door{links: d.Links, guard: d.Guard}
	}
	if c.door == next {
		return err
	}
	c.door = next
	w.changed(c)
	return nil
}

func (w *World) mayGuard(by UserID, id ChannelID, guard UserID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.lead(by, id, func(r tg.ChatAdminRights) bool { return r.BanUsers })
	if err != nil {
		return err
	}
	if a := w.account(guard); a == nil || !a.bot || !c.decides(guard) {
		return refuse(400, "BOT_INVALID")
	}
	return nil
}

// asksAtLink says whether who comes by the link must be let in.
func (c *channel) asksAtLink(in *invite) bool {
	return in.requests || c.set.joinRequest && c.door.links
}

// askGuard asks the channel's guard about a request that was just made, if there is one.
func (w *World) askGuard(c *channel, r *request) *guardQuery {
	if c.door.guard == 0 || !c.decides(c.door.guard) {
		return nil
	}
	q := &guardQuery{
		id: w.nextQuery, bot: c.door.guard, user: r.user, channel: c.id,
		due: r.date + int32(GuardLife/time.Second), decided: make(chan struct{}),
	}
	w.nextQuery++
	w.guards[q.id], r.query = q, q
	w.tellRequester(c, *r, q.bot)
	return q
}

// conclude tells the asker what became of the query: as the answer of their call if that still waits, else by an update,
// for then a page of the bot's has decided. A nil verdict is that the bot was too late.
func (w *World) conclude(q *guardQuery, verdict tg.JoinChatBotResultClass) {
	if _, page := verdict.(*tg.JoinChatBotResultWebView); !page {
		delete(w.guards, q.id)
	}
	if q.waits() {
		q.verdict = verdict
		close(q.decided)
		return
	}
	w.push(q.user, &tg.Updates{
		Updates: []tg.UpdateClass{&tg.UpdateJoinChatWebViewDecision{
			Peer: peer{kindChannel, int64(q.channel)}.tgPeer(), QueryID: q.id, Result: verdict,
		}},
		Chats: []tg.ChatClass{w.view(q.user, w.channels[q.channel])},
	})
}

// AnswerGuard is bots.setJoinChatResults: the guard lets somebody in, or does not, or leaves it to the admins, or to a
// page of its own, after which it answers again.
func (w *World) AnswerGuard(bot UserID, id int64, verdict tg.JoinChatBotResultClass) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lateGuards()
	q := w.guards[id]
	if q == nil || q.bot != bot {
		return refuse(400, "QUERY_ID_INVALID")
	}
	c := w.channels[q.channel]
	r := c.asked(q.user)
	if _, page := verdict.(*tg.JoinChatBotResultWebView); page || r == nil {
		w.conclude(q, verdict)
		return nil
	}
	r.query = nil
	switch verdict.(type) {
	case *tg.JoinChatBotResultApproved:
		w.decide(c, bot, *r, true)
	case *tg.JoinChatBotResultDeclined:
		w.decide(c, bot, *r, false)
	default:
		w.tellRequest(c, *r)
	}
	w.conclude(q, verdict)
	return nil
}

// overtaken concludes the query of a request that somebody else decided.
func (w *World) overtaken(q *guardQuery, approved bool) {
	if approved {
		w.conclude(q, &tg.JoinChatBotResultApproved{})
		return
	}
	w.conclude(q, &tg.JoinChatBotResultDeclined{})
}

// lateGuards leaves to the admins what guards have not answered in time.
func (w *World) lateGuards() {
	now := w.now()
	for _, q := range w.guards {
		if q.waits() && q.due < now {
			w.late(q)
		}
	}
}

func (w *World) late(q *guardQuery) {
	c := w.channels[q.channel]
	r := c.asked(q.user)
	r.query = nil
	w.tellRequest(c, *r)
	w.conclude(q, nil)
}

// GuardVerdict returns what the asker is to be told; nil is that the bot did not answer, for which it is then too late.
func (w *World) GuardVerdict(g *GuardedError) tg.JoinChatBotResultClass {
	w.mu.Lock()
	defer w.mu.Unlock()
	if g.query.waits() {
		w.late(g.query)
	}
	return g.query.verdict
}
